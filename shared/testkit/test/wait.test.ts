import { describe, expect, test } from 'vitest';
import { eventually, happens } from '../src/wait/eventually.ts';
import { gate } from '../src/wait/gate.ts';

describe('eventually', () => {
  test('answers the first truthy look', async () => {
    const looks = [undefined, 0, 'done'];
    await expect(eventually('the end', () => looks.shift())).resolves.toBe('done');
  });

  test('looks again while an assertion fails', async () => {
    let value = 0;
    const found = await eventually('three', () => {
      value += 1;
      expect(value).toBe(3);
      return 'three';
    });
    expect(found).toBe('three');
  });

  test('fails as an assertion that names what, how long and what was seen', async () => {
    await expect(
      eventually('the job to be done', () => false, { within: 50 }),
    ).rejects.toMatchObject({
      name: 'AssertionError',
      message: expect.stringMatching(
        /^Waited 50 ms for the job to be done; looked \d+ times, the last look saw false\.$/u,
      ),
    });
    await expect(
      eventually('a job', () => expect('queued').toBe('done'), { within: 50 }),
    ).rejects.toThrow(
      /for a job; looked \d+ times, at the last look expected 'queued' to be 'done'/u,
    );
  });

  test('looks as often as it is told', async () => {
    let looks = 0;
    const twice = eventually('a third look', () => (looks += 1) > 2, { within: 300, every: 1_000 });
    await expect(twice).rejects.toThrow('looked 2 times');
  });

  test('ends at once with any other error', async () => {
    let looks = 0;
    const broken = eventually('nothing', () => {
      looks += 1;
      throw new TypeError('a bug');
    });
    await expect(broken).rejects.toThrow('a bug');
    expect(looks).toBe(1);
  });
});

describe('happens', () => {
  test('says whether it came in time', async () => {
    const looks = [false, 'done'];
    await expect(happens(() => looks.shift(), { within: 5_000 })).resolves.toBe(true);
    await expect(happens(() => false, { within: 50 })).resolves.toBe(false);
    await expect(happens(() => expect(1).toBe(2), { within: 50 })).resolves.toBe(false);
  });

  test('ends at once with any other error', async () => {
    const broken = happens(() => Promise.reject(new TypeError('a bug')), { within: 5_000 });
    await expect(broken).rejects.toThrow('a bug');
  });
});

describe('gate', () => {
  test('holds the first until all have come, and lets later ones pass', async () => {
    const both = gate(2);
    const order: string[] = [];
    const first = both.arrive().then(() => order.push('first'));
    await both.reached(1);
    expect(order).toEqual([]);
    await Promise.all([first, both.arrive().then(() => order.push('second'))]);
    await both.arrive();
    expect(order.toSorted()).toEqual(['first', 'second']);
    expect(both.arrived).toBe(3);
  });

  test('by hand, it opens only when told', async () => {
    using one = gate(1, { opens: 'by hand' });
    let passed = false;
    const held = one.arrive().then(() => (passed = true));
    await one.reached();
    expect(passed).toBe(false);
    one.open();
    await held;
    expect(one.isOpen).toBe(true);
  });

  test('says how many came when it waits in vain', async () => {
    using three = gate(3);
    void three.arrive();
    await expect(three.reached(3, { within: 50 })).rejects.toThrow(
      'Waited 50 ms for 3 to arrive at the gate; 1 came.',
    );
  });

  test('disposing lets go whoever is held', async () => {
    const never = gate(2);
    const held = never.arrive();
    never[Symbol.dispose]();
    await expect(held).resolves.toBeUndefined();
  });
});
