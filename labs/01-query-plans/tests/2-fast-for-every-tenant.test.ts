import { type Draw, judges, test } from '@backend-labs/testkit';
import {
  expectCheap,
  expectFields,
  expectFresh,
  expectLimits,
  expectMicroseconds,
  expectPages,
  type Page,
} from './support/list-rules.ts';
import { average, STATUSES, TENANT } from './support/orders.ts';
import { expectNewerThanTheFirst } from './support/overtaken.ts';

/** All statuses of the largest tenant, and of the others what is frequent, rare or tied. */
function pagesOf(draw: Draw): readonly Page[] {
  const usual = average(draw);
  const nobody = draw.int(5_000, 9_999);
  return [
    ...STATUSES.map((status): Page => [TENANT.whale, status]),
    [usual, 'paid'],
    [usual, 'failed'],
    [TENANT.churned, 'paid'],
    [TENANT.churned, 'failed'],
    [TENANT.importer, 'paid'],
    [TENANT.importer, 'pending'],
    [nobody, 'paid'],
  ];
}

test(
  'a page shows the newest orders, and the higher id first where instants are equal',
  judges('2.1'),
  ({ draw, service, postgres }) => expectPages({ draw, service, postgres }, pagesOf(draw)),
);

test(
  'orders of one millisecond are sorted by their microseconds',
  judges('2.1'),
  ({ draw, service, postgres }) => expectMicroseconds({ draw, service, postgres }, 'shipped'),
);

test(
  'a page has as many orders as `limit` asks for',
  judges('2.2'),
  ({ draw, service, postgres }) => expectLimits({ draw, service, postgres }, 'paid'),
);

test(
  'every tenant and status is read by few buffers',
  judges('2.3'),
  ({ draw, service, postgres }) => expectCheap({ draw, service, postgres }, pagesOf(draw)),
);

test(
  'an order placed elsewhere is on the next page',
  judges('2.4'),
  ({ draw, service, postgres }) => expectFresh({ draw, service, postgres }, 'paid'),
);

test(
  'a page shows what was committed before its request, even if an earlier request is still running',
  judges('2.4'),
  ({ draw, postgres, definition, lease }) =>
    expectNewerThanTheFirst({ draw, postgres }, { definition, lease }, 'paid'),
);

test('an order on a page has all its fields', judges('2.5'), ({ draw, service, postgres }) =>
  expectFields({ draw, service, postgres }, 'paid'),
);
