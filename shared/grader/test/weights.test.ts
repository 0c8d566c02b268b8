import { readFileSync } from 'node:fs';
import { findLab, readCatalog } from '@backend-labs/catalog';
import { sandboxTrouble } from '@backend-labs/launcher';
import { describe, expect, test } from 'vitest';
import { ticketFor } from '../src/pack/ticket.ts';
import { checkWeights, weightsText } from '../src/pack/weights.ts';
import { Folder, ROOT } from './support/folder.ts';
import { ToyPack } from './support/toy.ts';

const missing = (await sandboxTrouble())?.message;
const lab = findLab(readCatalog(ROOT), '01-query-plans');
const [second] = lab.tasks.filter(({ number }) => number === 2);
const ofSecond = (weight: number) =>
  Object.fromEntries(second?.points.map(({ id }) => [id, weight]) ?? []);

describe('the weights of a pack', () => {
  test.for([
    [{}, 'Each point counts 1.'],
    [{ '1.1': 3 }, 'Point 1.1 counts 3. Each other point counts 1.'],
    [
      { '1.1': 3, '1.2': 2, ...ofSecond(4) },
      'Point 1.1 counts 3, point 1.2 counts 2 and each point of task 2 counts 4. Each other point counts 1.',
    ],
  ] as const)('%j are said as "%s"', ([weights, said]) => {
    expect(weightsText(lab, { tasks: [1, 2], weights })).toBe(said);
  });

  test('are in the ticket', () => {
    const ticket = ticketFor('# Title\n\nStory.\n', lab, {
      tasks: lab.tasks.map(({ number }) => number),
      ai: 'allowed',
      weights: { '1.1': 3 },
    });
    expect(ticket).toBe('# Title\n\n> Point 1.1 counts 3. Each other point counts 1.\n\nStory.\n');
  });

  test('are refused when they are of a task that is not in it', () => {
    expect(() => checkWeights(lab, { tasks: [1], weights: { '2.1': 3 } })).toThrow(
      'The pack has no point 2.1. It has task 1.',
    );
  });

  test.skipIf(missing)('make the score, and the report shows them', async () => {
    using pack = new ToyPack('01-toy', [], undefined, { weights: { '1.1': 3 } });
    using to = new Folder();
    const half = `export const answer = (url) => (url === '/hello' ? 'hello' : undefined);`;
    const { score, tasks } = await pack.grade({ 'src/answer.ts': half }, to);
    expect(score).toEqual({ points: 3, of: 4 });
    expect(tasks[0]?.points.map(({ weight }) => weight)).toEqual([3, 1]);
    expect(readFileSync(to.path('report.html'), 'utf8')).toContain('passed, counts 3');
  });
});
