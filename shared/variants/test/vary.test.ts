import { expect, test } from 'vitest';
import { Renaming } from '../src/words/rename.ts';
import { FILES, OLDEST, SPEC, Toy } from './support/toy.ts';

test('the same seed writes the same bytes, and seeds differ', async () => {
  using toy = new Toy();
  const one = await toy.vary('a', 'one');
  expect(await toy.vary('a', 'two')).toEqual(one);
  const seeds = ['b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'];
  const others = await Promise.all(seeds.map((seed) => toy.vary(seed, seed)));
  const different = new Set([one, ...others].map((texts) => JSON.stringify([...texts])));
  expect(different.size).toBeGreaterThan(4);
});

test('the first options with own words and facts are the lab as it is, without what gives it away', async () => {
  using toy = new Toy();
  const texts = await toy.vary(toy.drawn());
  const kept = Object.entries(FILES).filter(
    ([path]) => !['variant.yaml', 'proof.json'].includes(path) && !path.startsWith('variants/'),
  );
  expect(Object.fromEntries(texts)).toEqual(Object.fromEntries(kept));
});

test('words are renamed in texts, code, paths and patches; kept phrases are not', async () => {
  using toy = new Toy();
  const texts = await toy.vary(toy.drawn({ skin: 'bookings' }));
  expect(texts.get('README.md')).toContain('# A booking is missing');
  expect(texts.get('README.md')).toContain('The booking list');
  expect(texts.get('src/bookings.ts')).toBe(
    "/** In the order of their ids. */\nexport const bookingBy = '';\n",
  );
  const patch = texts.get('misconceptions/booking-by-id/change.patch');
  expect(patch).toContain('--- a/src/bookings.ts');
  expect(patch).toContain('-export const BOOKING_LIMIT = 50;');
  expect(texts.get('misconceptions/booking-by-id/misconception.yaml')).toContain(
    'lesson: booking-by-id',
  );
  expect([...texts.keys()].filter((path) => path.includes('order'))).toEqual([]);
});

test('a fact changes at each of its places, by its hole, and in a passage of the skin', async () => {
  using toy = new Toy();
  const texts = await toy.vary(toy.drawn({ skin: 'bookings', facts: { limit: 20 } }));
  expect(texts.get('README.md')).toContain('A hotel lost 20 guests.');
  expect(texts.get('README.md')).toContain('at most 20 bookings');
  expect(texts.get('solutions/reference/src/bookings.ts')).toContain('BOOKING_LIMIT = 20;');
  expect(texts.get('tests/1-list.test.ts')).toContain("'21 bookings').toBe(20)");
  expect(texts.get('misconceptions/booking-by-id/change.patch')).toContain('BOOKING_LIMIT = 20;');
});

test('choices combine, misconceptions follow the solutions, and what means nothing is left out', async () => {
  using toy = new Toy();
  const options = { direction: 'oldest', limits: 'refused' };
  const texts = await toy.vary(toy.drawn({ options }));
  expect(texts.get('README.md')).toContain('**1.1** A page shows the oldest orders.');
  expect(texts.get('tests/1-list.test.ts')).toContain('toBe(400)');
  const patch = texts.get('misconceptions/order-by-id/change.patch');
  expect(patch).toContain('-export const ORDER_LIMIT = 50;');
  expect(patch).not.toContain('orderBy');
  expect([...texts.keys()].filter((path) => path.includes('random'))).toEqual([]);
});

test('nothing in a variant names the seed, an option or a skin', async () => {
  using toy = new Toy();
  const texts = await toy.vary('seed-of-spring');
  const all = JSON.stringify([...texts]);
  expect(all).not.toMatch(/seed-of-spring|variant|limits\.refused|direction\.oldest/u);
});

test.each([
  [
    'a patch that does not apply',
    {
      'variants/direction.oldest.patch': OLDEST.replace(
        "-export const orderBy = 'id DESC'",
        "-export const orderBy = 'x'",
      ),
    },
    'labs/90-toy/variants/direction.oldest.patch does not apply to solutions/reference/src/orders.ts:\n@@ -1,3 +1,3 @@',
  ],
  [
    'a patch of an option that is missing',
    { 'variant.yaml': SPEC.replace('name: oldest', 'name: eldest') },
    'labs/90-toy/variants/direction.eldest.patch is missing.',
  ],
  [
    'a misconception that no longer applies',
    { 'variant.yaml': SPEC.replace('      without: [random]\n', '') },
    'misconception random does not apply to src/orders.ts after the choices.',
  ],
  [
    'a misconception to leave out that is not there',
    { 'variant.yaml': SPEC.replace('without: [random]', 'without: [rnd]') },
    'labs/90-toy/variant.yaml: choices.direction: oldest: without: there is no misconception or design rnd.',
  ],
])('%s is reported with its file', async (_what, changes, message) => {
  using toy = new Toy(changes);
  const option = Object.values(changes).join().includes('eldest') ? 'eldest' : 'oldest';
  const drawn = toy.drawn({ options: { direction: option } });
  await expect(toy.vary(drawn)).rejects.toThrow(message);
});

test.each([
  [
    'a word of the skin that the lab uses',
    { 'hints.md': 'Think of bookings.\n' },
    'words.skins: bookings: "orders" can\'t become "bookings": hints.md:1 has that word already.',
  ],
  [
    'two words that become one',
    { 'variant.yaml': SPEC.replace('{ order: booking }', '{ order: booking, list: booking }') },
    'both become "booking"',
  ],
  [
    'a fact that is not where it is said to be',
    { 'variant.yaml': SPEC.replace('at most {} orders', 'up to {} orders') },
    'variant.yaml: facts.limit: "up to 50 orders" is not in README.md.',
  ],
  [
    'a passage that is not there',
    { 'variant.yaml': SPEC.replace('from: A shop', 'from: A store') },
    'words.skins: bookings: texts[0].from is in README.md 0 times.',
  ],
])('%s is refused', async (_what, changes, message) => {
  using toy = new Toy(changes);
  await expect(toy.vary(toy.drawn({ skin: 'bookings' }))).rejects.toThrow(message);
});

test.each([
  [
    'gift card',
    'voucher code',
    'a gift card, giftCard, GiftCard, gift_cards, GIFT_CARD, gift-card',
    'a voucher code, voucherCode, VoucherCode, voucher_codes, VOUCHER_CODE, voucher-code',
  ],
  ['gift card', 'voucher', 'Gift cards and a gift\n * card', 'Vouchers and a voucher'],
  [
    'charge',
    'award',
    'a charge, A **charge**, an uncharged recharge, chargeOf(charges), toCharge',
    'an award, An **award**, an uncharged recharge, awardOf(awards), toAward',
  ],
  [
    'order',
    'parcel',
    'an order; ORDERS, reorder, orderly, order_id, "\\norders"',
    'a parcel; PARCELS, reorder, orderly, parcel_id, "\\nparcels"',
  ],
])('every form of %s becomes one of %s', (from, to, text, renamed) => {
  expect(new Renaming({ [from]: to }, []).rename(text)).toBe(renamed);
});

test('an irregular plural is a term of its own', () => {
  const renaming = new Renaming(
    { person: 'box', people: 'boxes', city: 'index', cities: 'indices' },
    [],
  );
  expect(renaming.rename('people in cities')).toBe('boxes in indices');
});
