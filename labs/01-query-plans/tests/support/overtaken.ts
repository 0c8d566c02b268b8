import {
  beforeStatement,
  expect,
  explain,
  type Gate,
  gate,
  happens,
  type Lease,
  lesson,
  type Service,
  type Tap,
  TcpProxy,
} from '@backend-labs/testkit';
import type { Subject } from './list-rules.ts';
import { average, list, listPath, placeOrder, remove, type Status } from './orders.ts';

/** Reads of orders on the way to Postgres; what the first of them found is held back. */
class Reads {
  sent = 0;
  readonly #found: Gate;

  constructor(found: Gate) {
    this.#found = found;
  }

  readonly tap = (): Tap => {
    let asked = false;
    const { toServer } = beforeStatement((sql) => {
      asked = /\borders\b/iu.test(sql);
      if (asked) this.sent += 1;
    });
    return {
      ...(toServer && { toServer }),
      toClient: async () => {
        if (asked) await this.#found.arrive();
      },
    };
  };
}

/**
 * Requires an order on the page of a second client who asks after its commit, while a first client's
 * read, made before the commit, is still on its way.
 */
export async function expectNewerThanTheFirst(
  { draw, postgres }: Pick<Subject, 'draw' | 'postgres'>,
  { definition, lease }: { readonly definition: Service; readonly lease: Lease },
  status: Status,
): Promise<void> {
  const tenant = average(draw);
  const { url = '' } = lease.postgres ?? {};
  using found = gate(1, { opens: 'by hand' });
  const reads = new Reads(found);
  await using proxy = await TcpProxy.to(url, reads.tap);
  await using service = await definition.with({ DATABASE_URL: proxy.rewrite(url) }).start();
  const ask = () => list(service, tenant, status);
  const first = ask();
  // Awaited below: without this, an early failure would end the process.
  first.catch(() => {});
  await Promise.race([found.reached(), first]);
  const before = reads.sent;
  const placedAt = new Date().toISOString();
  const id = await placeOrder(postgres, { tenant, status, cents: 100, placedAt });
  let answered = false;
  const second = ask().finally(() => (answered = true));
  second.catch(() => {});
  // One that waits for the first, for its rows or for its connection, has it now.
  await happens(() => answered, { within: 4_000 });
  found.open();
  await first;
  const page = await second;
  const sent = reads.sent - before;
  await remove(postgres, [id]);
  await explain(
    () => {
      expect(
        page.map((order) => order.id),
        `ids of GET ${listPath(status)} for tenant ${tenant}, requested after order ${id} was placed and while an earlier request for it was still being answered`,
      ).toContain(id);
    },
    () => {
      if (sent > 0) return;
      lesson('shared-read', {
        observed: `A first request had read its page, and was not answered yet, when order ${id} was committed. A second request for that page came after the commit, and sent no statement to the database. Its page does not have the order.`,
        meaning:
          'Two requests may share a read only if it began after both had come. The second client knows of the order, from its own screen or from the checkout, and is shown a list from before it.',
        lookAt: 'when the read began whose rows the second request was given.',
      });
    },
  );
}
