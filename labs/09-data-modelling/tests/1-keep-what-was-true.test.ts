import { each, explain, expect, judges, lesson, test } from '@backend-labs/testkit';
import {
  invoice,
  type Invoice,
  listOf,
  newProduct,
  order,
  patchCustomer,
  patchProduct,
  someCustomer,
} from './support/api.ts';
import { heads, lines as linesOf } from './support/contract.ts';
import { twoOf } from './support/draws.ts';
import { lastingProduct } from './support/lasting-product.ts';

/** What may happen to a product. */
const FATES = ['renamed', 'given another price', 'taken off sale'] as const;

test(
  'the lines of an invoice stay as they were issued',
  judges('1.1'),
  async ({ draw, service }) => {
    await each('products', FATES, async (fate) => {
      const product = await newProduct(service, draw, draw.int(100, 900));
      const lines = [{ productId: product.id, quantity: draw.int(2, 9) }];
      const issued = await order(service, { customerId: someCustomer(draw), lines });
      if (fate === 'renamed') await patchProduct(service, product.id, { name: 'New recipe' });
      else if (fate === 'given another price') {
        await patchProduct(service, product.id, { priceCents: draw.int(1_000, 2_000) });
      } else (await service.delete(`/v1/products/${product.id}`)).expect(204);

      const shown = await invoice(service, issued.id);
      await explain(
        () => {
          expect(shown.lines, `lines of an invoice whose product was ${fate}`).toEqual(
            issued.lines,
          );
        },
        () => {
          const was = issued.lines[0];
          const is = shown.lines[0];
          if (!is) {
            lesson('history-deleted', {
              observed: `A product was taken off sale. Its invoice ${issued.id} had ${issued.lines.length} line, and now it has none.`,
              meaning:
                'The row of the product took the rows that refer to it away with it. What was sold stays sold, even if it is sold no more.',
              lookAt:
                'what the foreign keys do when a product is deleted, and whether it has to be.',
            });
          }
          if (is.productId !== was?.productId) {
            lesson('reference-lost', {
              observed: `After a product was ${fate}, the line of its invoice has the productId ${is.productId}. It was issued with ${was?.productId}.`,
              meaning:
                'A name can be shared or change, and only the ID says which product was sold. Without it, nobody can recall a bad batch.',
              lookAt: 'what becomes of the reference when the product is taken off sale.',
            });
          }
          lesson('read-from-the-catalogue', {
            observed: `An invoice was issued for "${was?.name}" at ${was?.unitCents} cents. After the product was ${fate}, it shows "${is.name}" at ${is.unitCents} cents.`,
            meaning:
              'The invoice is put together from rows that say what is true now. It is a record of what was true then, and nobody kept that.',
            lookAt:
              'which facts of an invoice are copied when it is issued, and which are looked up.',
          });
        },
      );
    });
  },
);

const headOf = ({ customerName, address }: Invoice) => ({ customerName, address });

test(
  'an invoice keeps the name and address of its customer',
  judges('1.2'),
  async ({ draw, service }) => {
    await each('changes', ['name', 'address'] as const, async (field) => {
      const customerId = someCustomer(draw);
      const product = await newProduct(service, draw, 450);
      const issued = await order(service, {
        customerId,
        lines: [{ productId: product.id, quantity: 1 }],
      });
      await patchCustomer(service, customerId, { [field]: `Another ${field} ${draw.word()}` });
      const shown = await invoice(service, issued.id);
      await explain(
        () => {
          expect(headOf(shown), `customer of an invoice after another ${field}`).toEqual(
            headOf(issued),
          );
        },
        () => {
          const asNow =
            shown.address !== issued.address || shown.customerName !== issued.customerName;
          if (!asNow) return;
          lesson('customer-of-today', {
            observed: `An invoice went to "${issued.customerName}, ${issued.address}". After the customer changed the ${field}, it shows "${shown.customerName}, ${shown.address}".`,
            meaning:
              'A customer who moves does not move the invoices that were sent. Where an invoice went is a fact of the invoice; where the customer lives is a fact of the customer.',
            lookAt: 'where the name and the address on an invoice come from when it is read.',
          });
        },
      );
    });
  },
);

test('a new order takes the facts of its moment', judges('1.3'), async ({ draw, service }) => {
  const customerId = someCustomer(draw);
  const product = await newProduct(service, draw, 450);
  const request = { customerId, lines: [{ productId: product.id, quantity: 2 }] };
  await order(service, request);
  const now = {
    name: `Tea ${draw.word()}`,
    priceCents: draw.int(500, 900),
    customerName: `Café ${draw.word()}`,
    address: `Calle ${draw.word()} 1`,
  };
  await patchProduct(service, product.id, { name: now.name, priceCents: now.priceCents });
  await patchCustomer(service, customerId, { name: now.customerName, address: now.address });
  const issued = await order(service, request);
  const [line] = issued.lines;
  await explain(
    () => {
      expect(
        { name: line?.name, priceCents: line?.unitCents, ...headOf(issued) },
        'an order after its product and its customer changed',
      ).toEqual(now);
      expect(issued.totalCents, 'total of 2 at that price').toBe(2 * now.priceCents);
    },
    () => {
      const old = [
        line?.name === product.name && 'name of the product',
        line?.unitCents === 450 && 'price',
        issued.customerName !== now.customerName && 'name of the customer',
        issued.address !== now.address && 'address',
      ].filter(Boolean);
      if (old.length === 0) return;
      lesson('facts-of-before', {
        observed: `A product and a customer changed between two orders. The second order was issued with the ${old.join(', the ')} of before.`,
        meaning:
          'A fact that is kept must come from the moment of the order. Something here remembers an earlier one: another row under the same ID, or a cache in the process.',
        lookAt:
          'where the order takes these facts from, and whether that can be older than the order.',
      });
    },
  );
});

test(
  "the list of a customer has all of the customer's invoices and no other",
  judges('1.4'),
  async ({ draw, postgres, service }) => {
    const [mine, other] = twoOf(draw, 380);
    // It must have had a price before now as well.
    const productId = await lastingProduct(service, draw, postgres, 450);
    const lines = [{ productId, quantity: 1 }];
    const old = new Set([...(await listOf(service, mine)), ...(await listOf(service, other))]);
    const listed = async (customer: number): Promise<number[]> =>
      (await listOf(service, customer)).filter((id) => !old.has(id));
    const twin = { name: `Bar ${draw.word()}`, address: `Calle ${draw.word()} 2` };
    await patchCustomer(service, mine, twin);
    await patchCustomer(service, other, twin);
    const expected: number[] = [];
    expected.unshift((await order(service, { customerId: mine, lines })).id);
    const foreign = (await order(service, { customerId: other, lines })).id;
    await patchCustomer(service, mine, { name: `Bar ${draw.word()}` });
    expected.unshift((await order(service, { customerId: mine, lines })).id);
    // It comes last, and is the oldest.
    const placedAt = new Date(Date.now() - 60_000).toISOString();
    expected.push((await order(service, { customerId: other, placedAt, lines })).id);
    const [late] = expected.splice(-1);
    await patchCustomer(service, mine, { address: `Calle ${draw.word()} 3` });

    const lists = {
      mine: await listed(mine),
      other: await listed(other),
    };
    await explain(
      () => {
        expect(lists, 'invoices of two customers, the latest first').toEqual({
          mine: expected,
          other: [foreign, late],
        });
      },
      () => {
        const missing = expected.filter((id) => !lists.mine.includes(id));
        const stray = lists.mine.filter((id) => !expected.includes(id));
        if (missing.length + stray.length === 0) return;
        lesson('found-by-name', {
          observed: `Customer ${mine} has changed the name and has ${expected.length} invoices. The list lacks ${missing.length} of them and has ${stray.length} of another customer with the same name and address.`,
          meaning:
            'Names and addresses on an invoice are what was printed, and they do not say who it is. Copying a fact does not replace the reference.',
          lookAt: 'by which column the list finds the invoices of a customer.',
        });
      },
    );
  },
);

test(
  'the views of finance show what the API shows',
  judges('1.5'),
  async ({ draw, postgres, service }) => {
    const customerId = someCustomer(draw);
    const product = await newProduct(service, draw, draw.int(100, 900));
    const second = await newProduct(service, draw, draw.int(100, 900));
    const issued = await order(service, {
      customerId,
      lines: draw
        .shuffle([product, second])
        .map(({ id }) => ({ productId: id, quantity: draw.int(2, 9) })),
    });
    await patchProduct(service, product.id, { name: 'New recipe', priceCents: 1_234 });
    (await service.delete(`/v1/products/${second.id}`)).expect(204);
    await patchCustomer(service, customerId, { name: 'Another name', address: 'Another address' });
    const { lines, ...head } = issued;
    const seen = {
      heads: await heads(postgres, issued.id),
      lines: await linesOf(postgres, issued.id),
    };
    await explain(
      () => {
        expect(seen.heads, `rows of contract.invoices of invoice ${issued.id}`).toEqual([head]);
        expect(seen.lines, `rows of contract.invoice_lines of invoice ${issued.id}`).toEqual(
          lines.map(({ productId, sku, name, quantity, unitCents }) => ({
            productId,
            sku,
            name,
            quantity,
            unitCents,
          })),
        );
      },
      () => {
        const [shown] = seen.heads;
        const now =
          shown?.customerName === 'Another name' ||
          seen.lines.some(({ name }) => name === 'New recipe') ||
          seen.lines.length < lines.length;
        if (!now) return;
        lesson('view-still-joins', {
          observed: `Invoice ${issued.id} was issued to "${head.customerName}" with ${lines.length} lines. contract.invoices shows "${shown?.customerName}", and contract.invoice_lines shows ${seen.lines.length} lines: ${seen.lines.map(({ name, unitCents }) => `"${name}" at ${unitCents}`).join(', ') || 'none'}.`,
          meaning:
            'Finance reads the views and never our API. As long as they are made from the rows of today, the books still rewrite history.',
          lookAt: 'the definitions of the two views, and what they join.',
        });
      },
    );
  },
);
