import {
  type Answer,
  type Draw,
  each,
  expect,
  explain,
  judges,
  lesson,
  type PostgresProbe,
} from '@backend-labs/testkit';
import { ask, expectOneOf, served, test } from './support/billing.ts';
import {
  absentInvoice,
  allTenants,
  commuter,
  drawTenant,
  invoices,
  member,
  paidInvoices,
  type Person,
  type Role,
  ROLES,
  tenantOf,
} from './support/people.ts';
import { GET, PATCH, REFUND } from './support/routes.ts';
import { addUser, invoiceRow, setRole, tenantTotal } from './support/rows.ts';

interface Listed {
  readonly items: readonly { readonly id: number }[];
}

/** Members of one tenant, and users with two, once for each. */
function crowd(draw: Draw): Person[] {
  const one = allTenants.flatMap((tenant) => ROLES.map((role) => member(draw, role, tenant)));
  const two = allTenants.flatMap((tenant) => Object.values(commuter(tenant)));
  return draw.shuffle([...one, ...two]);
}

/** Of a user with two tenants the one that the token is not for. */
function otherTenant({ id, tenant }: Person): number | undefined {
  if (!id.startsWith('gus')) return undefined;
  const { home, away } = commuter(Number(id.split('-')[1]));
  return tenant === home.tenant ? away.tenant : home.tenant;
}

const tokenTenant = (person: Person): string =>
  `with a token of ${person.id} for tenant ${person.tenant}`;

/** A user with two tenants was shown the other one. */
function tenantsOfTheUser(observed: string): never {
  lesson('tenants-of-the-user', {
    observed,
    meaning:
      'The user is a member of that tenant as well, but this login was for another. A client that was trusted with one tenant now has them all, and a role in one counts in the other.',
    lookAt: 'which tenant a request is made for, and which query asks something else.',
  });
}

test(
  'the list has the invoices of the tenant',
  judges('4.1'),
  async ({ auth, draw, postgres, service }) => {
    // Postgres keeps a row that was written again behind the others.
    await postgres.query('UPDATE invoices SET note = note WHERE id % 3 = 0');
    await each('lists', crowd(draw), async (person) => {
      const answer = await ask(service, auth.token(person));
      const ids = (answer.expect(200).body as Listed).items.map(({ id }) => id);
      const own = invoices(person.tenant);
      await explain(
        () => expect(ids, `ids in the list ${tokenTenant(person)}`).toEqual(own),
        () => {
          if (ids.toSorted((a, b) => a - b).join() === own.join()) inStoredOrder(ids, person);
          const foreign = ids.filter((id) => tenantOf(id) !== person.tenant);
          const other = otherTenant(person);
          if (foreign.length === 0 || foreign.some((id) => tenantOf(id) !== other)) return;
          tenantsOfTheUser(
            `The list ${tokenTenant(person)} had ${foreign.length} invoices of tenant ${other}.`,
          );
        },
      );
    });
  },
);

/** The right invoices, in an order of their own. */
function inStoredOrder(ids: readonly number[], person: Person): never {
  const at = ids.findIndex((id, index) => id < (ids[index - 1] ?? 0));
  lesson('in-stored-order', {
    observed: `The list ${tokenTenant(person)} had all ${ids.length} invoices of the tenant, but ${ids[at]} came after ${ids[at - 1]}.`,
    meaning:
      'A statement without ORDER BY promises no order. Postgres returns the rows as it finds them. That is the order of the ids until somebody updates a row.',
    lookAt: 'which statement reads the list, and what it says about the order.',
  });
}

/** A user and an invoice, of one tenant in half of all pairs. */
interface Pair {
  readonly person: Person;
  readonly invoice: number;
}

function drawPairs(draw: Draw, count: number, people: readonly Person[]): Pair[] {
  return Array.from({ length: count }, (_, index) => {
    const person = people[index % people.length] ?? commuter(1).home;
    const tenants = foreignTenants(person);
    const tenant = index % 2 === 0 ? person.tenant : (draw.pick(tenants) ?? 0);
    return { person, invoice: draw.pick(paidInvoices(tenant)) ?? 0 };
  });
}

/** Of a user with two tenants the other one comes up more often than by chance. */
function foreignTenants(person: Person): number[] {
  const foreign = allTenants.filter((tenant) => tenant !== person.tenant);
  const other = otherTenant(person);
  return other === undefined ? foreign : [...foreign, other, other, other];
}

test('200 pairs of a user and an invoice', judges('4.2'), async ({ auth, draw, service }) => {
  await each('pairs', drawPairs(draw, 200, crowd(draw)), async ({ person, invoice }) => {
    const own = tenantOf(invoice) === person.tenant;
    const what = `invoice ${invoice} of tenant ${tenantOf(invoice)} ${tokenTenant(person)}`;
    const answer = await ask(service, auth.token(person), { path: `/v1/invoices/${invoice}` });
    if (own) {
      expect(answer.status, `status of ${what}`).toBe(200);
      expect(answer.body, what).toMatchObject({
        invoice: { id: invoice, tenantId: person.tenant },
      });
      return;
    }
    await explain(
      () => expect(served(answer), `whether ${what} is shown`).toBe(false),
      async () => {
        const observed = `Invoice ${invoice} of tenant ${tenantOf(invoice)} was shown ${tokenTenant(person)}.`;
        const other = otherTenant(person);
        const third = allTenants.find((one) => one !== person.tenant && one !== other) ?? 0;
        const path = `/v1/invoices/${draw.pick(invoices(third))}`;
        const isAnyShown = served(await ask(service, auth.token(person), { path }));
        if (!isAnyShown && tenantOf(invoice) === other) tenantsOfTheUser(observed);
        if (!isAnyShown) return;
        lesson('object-without-tenant', {
          observed,
          meaning:
            'The id was enough to find the row. A client that can count can read the invoices of every tenant.',
          lookAt: 'every statement that finds a row by an id from the request.',
        });
      },
    );
  });
});

/** Refunds that get 409: of an invoice that is open, and of one a second time. */
function refusedRefunds(draw: Draw): Pair[] {
  const person = member(draw, 'admin');
  const paid = paidInvoices(person.tenant);
  const open = invoices(person.tenant).filter((id) => !paid.includes(id));
  const twice = draw.pick(paid) ?? 0;
  return [draw.pick(open) ?? 0, twice, twice].map((invoice) => ({ person, invoice }));
}

/** Those who may do something, one in each tenant. */
const allOf = (draw: Draw, role: Role): Person[] =>
  allTenants.map((tenant) => member(draw, role, tenant));

test(
  'PATCH and refund change invoices of the tenant only',
  judges('4.3'),
  async ({ auth, draw, postgres, service }) => {
    const changes = drawPairs(draw, 24, draw.shuffle(allOf(draw, 'accountant')));
    const refunds = drawPairs(draw, 24, draw.shuffle(allOf(draw, 'admin')));
    const attempts = [
      ...changes.map((pair) => ({ ...pair, route: PATCH })),
      ...[...refunds, ...refusedRefunds(draw)].map((pair) => ({ ...pair, route: REFUND })),
    ];
    await each('attempts', attempts, async ({ person, invoice, route }) => {
      const own = tenantOf(invoice) === person.tenant;
      const before = await invoiceRow(postgres, invoice);
      const answer = await ask(service, auth.token(person), route.ask(person.tenant, invoice));
      const after = await invoiceRow(postgres, invoice);
      const what = `${route.name} for invoice ${invoice} of tenant ${tenantOf(invoice)} ${tokenTenant(person)}`;
      if (own) {
        const right =
          route === PATCH
            ? { status: 200, row: { ...before, note: 'seen' } }
            : before.status === 'paid'
              ? { status: 201, row: { ...before, status: 'refunded', refunds: 1 } }
              : { status: 409, row: before };
        expect({ status: answer.status, row: after }, what).toEqual(right);
        if (served(answer)) {
          const { id, tenantId, status } = after;
          expect(answer.body, what).toMatchObject({ invoice: { id, tenantId, status } });
        }
        return;
      }
      await explain(
        () => expect(after, `the row after ${what}`).toEqual(before),
        () =>
          lesson('unguarded-write', {
            observed: `${route.name} ${tokenTenant(person)} got ${answer.status} and changed invoice ${invoice} of tenant ${tenantOf(invoice)}.`,
            meaning:
              'This statement finds its row by the id alone. Each statement that was checked by hand leaves the next one that can be forgotten.',
            lookAt: 'what would make it impossible to write such a statement without a tenant.',
          }),
      );
    });
  },
);

test(
  'an invoice of another tenant is answered like one that is not there',
  judges('4.4'),
  async ({ auth, draw, service }) => {
    await each('routes', [GET, PATCH, REFUND], async (route) => {
      const person = member(draw, 'admin');
      const [tenant = 0] = draw.shuffle(allTenants.filter((one) => one !== person.tenant));
      const token = auth.token(person);
      const foreign = draw.pick(paidInvoices(tenant)) ?? 0;
      const answers = await both(
        () => ask(service, token, route.ask(tenant, foreign)),
        () => ask(service, token, route.ask(tenant, absentInvoice(draw))),
      );
      await expectAlike(`${route.name} for an invoice`, answers);
    });
  },
);

async function both<T>(one: () => Promise<T>, other: () => Promise<T>): Promise<[T, T]> {
  return [await one(), await other()];
}

async function expectAlike(
  what: string,
  [foreign, absent]: readonly [Answer, Answer],
): Promise<void> {
  await explain(
    () => {
      expect(absent.status, `status of ${what} that is not there`).toBe(404);
      expect(
        { status: foreign.status, body: foreign.text },
        `${what} of another tenant, beside one that is not there`,
      ).toEqual({ status: 404, body: absent.text });
    },
    () => {
      if (absent.status !== 404 || served(foreign)) return;
      lesson('tells-that-it-exists', {
        observed: `${what} answered ${foreign.status} ${foreign.text} where it belongs to another tenant, and 404 ${absent.text} where there is none.`,
        meaning:
          'The difference is an answer: it says which ids are in use. By counting through them a stranger learns how many invoices we write, and when.',
        lookAt: 'whether a foreign row is found first and refused then.',
      });
    },
  );
}

test('X-Tenant-Id chooses no other tenant', judges('4.5'), async ({ auth, draw, service }) => {
  const { home, away } = commuter(drawTenant(draw));
  const stranger = draw.pick(
    allTenants.filter((tenant) => tenant !== home.tenant && tenant !== away.tenant),
  );
  const requests: readonly (readonly [Person, string | undefined, number])[] = [
    [home, undefined, 200],
    [home, String(home.tenant), 200],
    [away, String(away.tenant), 200],
    [home, String(away.tenant), 403],
    [away, String(home.tenant), 403],
    [home, String(stranger), 403],
    [home, 'all', 403],
  ];
  await each('requests', requests, async ([person, header, status]) => {
    const headers = header === undefined ? {} : { 'x-tenant-id': header };
    const answer = await ask(service, auth.token(person), { headers });
    const what = `GET /v1/invoices ${tokenTenant(person)} and ${header === undefined ? 'no X-Tenant-Id' : `X-Tenant-Id: ${header}`}`;
    await explain(
      () => expect(answer.status, `status of ${what}`).toBe(status),
      () => {
        if (status !== 403 || !served(answer)) return;
        const shown = (answer.body as Listed).items.map(({ id }) => tenantOf(id));
        if (!shown.includes(Number(header))) return;
        lesson('tenant-from-header', {
          observed: `${what} got ${answer.status} with ${shown.length} invoices of tenant ${header}.`,
          meaning:
            'The header decided which tenant the request is for. The gateway may set it, but so may every client, and no signature covers it.',
          lookAt: 'which of the two the service believes when token and header differ.',
        });
      },
    );
  });
});

test(
  'PATCH changes note and dueOn only',
  judges('4.6'),
  async ({ auth, draw, postgres, service }) => {
    const person = member(draw, 'accountant');
    const ids = draw.shuffle(paidInvoices(person.tenant));
    const note = draw.word();
    const tenantId = (person.tenant % 8) + 1;
    const bodies: readonly Readonly<Record<string, unknown>>[] = [
      { note, dueOn: '2026-12-24' },
      { note },
      { dueOn: '2026-12-24' },
      { note, tenantId },
      { note, tenant_id: tenantId },
      { note, status: 'refunded' },
      { note, totalCents: 1 },
      { note, total_cents: 1 },
      { note, number: 'INV-0' },
      { note, id: 7 },
      { tenantId },
      { status: 'refunded' },
    ];
    await each('bodies', bodies, async (body) => {
      const id = ids.pop() ?? 0;
      const before = await invoiceRow(postgres, id);
      const path = `/v1/invoices/${id}`;
      const { status } = await ask(service, auth.token(person), { method: 'PATCH', path, body });
      const after = await invoiceRow(postgres, id);
      const { note: newNote = before.note, dueOn = before.dueOn, ...rest } = body;
      const extra = Object.keys(rest).length > 0;
      const what = `PATCH with ${JSON.stringify(body)}`;
      expectOneOf(extra ? [200, 400] : [200], status, what);
      await explain(
        () =>
          expect(after, `the row after ${what}, which got ${status}`).toEqual(
            status === 200 ? { ...before, note: newNote, dueOn } : before,
          ),
        () => {
          const changed = (['tenantId', 'status', 'totalCents', 'number'] as const).filter(
            (name) => after[name] !== before[name],
          );
          if (changed.length === 0) return;
          lesson('mass-assignment', {
            observed: `${what} got ${status} and changed ${changed.join(', ')}.`,
            meaning:
              'The body decided which columns are written. Everything that an invoice shows can then be set by everybody who may change its note.',
            lookAt: 'where the list of columns that PATCH may write is kept.',
          });
        },
      );
    });
  },
);

/** An admin of a tenant that has no invoices yet. */
async function founder(postgres: PostgresProbe): Promise<Person> {
  const person: Person = { id: 'fay-9', tenant: 9, role: 'admin' };
  await postgres.query("INSERT INTO tenants (id, name) VALUES ($1, 'Tenant 9')", [person.tenant]);
  await addUser(postgres, person.id);
  await setRole(postgres, person, person.role);
  return person;
}

test(
  'usage is shown of the own tenant',
  judges('4.7'),
  async ({ auth, draw, postgres, service }) => {
    const people = [member(draw, 'admin'), await founder(postgres)];
    await each('tenants', people, async (person) => {
      const path = `/v1/tenants/${person.tenant}/usage`;
      const answer = await ask(service, auth.token(person), { path });
      expect(answer.expect(200).body, `usage of tenant ${person.tenant}`).toMatchObject({
        usage: { tenantId: person.tenant, ...(await tenantTotal(postgres, person.tenant)) },
      });
    });
  },
);

test('usage is shown of the tenant only', judges('4.7'), async ({ auth, draw, service }) => {
  const person = member(draw, 'admin');
  const token = auth.token(person);
  const usage = (tenant: number) => ask(service, token, { path: `/v1/tenants/${tenant}/usage` });
  const foreign = allTenants.filter((tenant) => tenant !== person.tenant);
  await each('tenants', draw.shuffle(foreign), async (tenant) => {
    const [other, absent] = await both(
      () => usage(tenant),
      () => usage(absentInvoice(draw)),
    );
    await explain(
      () =>
        expect(
          { status: other.status, body: other.text },
          `usage of tenant ${tenant} ${tokenTenant(person)}`,
        ).toEqual({ status: 404, body: absent.text }),
      () => {
        if (!served(other)) return;
        lesson('admin-of-what', {
          observed: `The usage of tenant ${tenant} was shown ${tokenTenant(person)}.`,
          meaning:
            'The tenant in the path was not compared with the tenant of the token. A role is a role in a tenant: an admin of one is a stranger in all others.',
          lookAt: 'which tenant the role was read for, and which tenant the path names.',
        });
      },
    );
  });
});
