import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TaskVerdict } from '@backend-labs/protocol';
import { expect, onTestFinished, test, vi } from 'vitest';
import { LEARNER_SEED, Session } from '../src/session.ts';
import { LAB } from './toy.ts';

/** The verdict on a lab of one task with this test in it. */
async function judged(body: string): Promise<TaskVerdict | undefined> {
  const dir = mkdtempSync(join(tmpdir(), 'labs-session-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const file = join(dir, 'tests/1-one.test.ts');
  mkdirSync(join(dir, 'tests'));
  writeFileSync(
    file,
    `import { expect, test } from '${import.meta.resolve('vitest')}';\ntest('one', () => { ${body} });\n`,
  );
  const [first] = LAB.tasks;
  if (!first) throw new TypeError('the toy has three tasks');
  const lab = { ...LAB, dir, servers: [], tasks: [{ ...first, file, servers: [] }] };
  const context = {
    servers: {},
    stateDir: dir,
    templates: '',
    keepFailed: false,
    seed: LEARNER_SEED,
  };
  const rows = [{ name: 'work', target: dir }];
  await using session = await Session.open({ lab, rows, context });
  const verdicts: TaskVerdict[] = [];
  await session.run(
    lab.tasks.map((task) => ({ row: 'work', task })),
    (event) => void (event.type === 'ended' && verdicts.push(event.verdict)),
  );
  return verdicts[0];
}

test('the message of a failed comparison shows the difference', async () => {
  const short = await judged(
    `expect({ id: 1, name: 'ada', at: 3 }).toEqual({ id: 1, name: 'ada', at: 4 })`,
  );
  expect(short?.tests[0]?.failures[0]?.message).toMatch(/at: 3.* at: 4/u);
  const long = await judged(
    `const rows = Array.from({ length: 99 }, (_, id) => ({ id, name: 'row ' + id }));
     expect(rows).toEqual(rows.map((row) => ({ ...row, name: row.name.replace('77', 'x') })))`,
  );
  const message = long?.tests[0]?.failures[0]?.message ?? '';
  expect(message).toMatch(/-.*row x[^]*\+.*row 77/u);
  expect(message.split('\n').length).toBeLessThan(40);
});

test('a difference far down in a list is shown, and no equal line above it', async () => {
  const list = await judged(
    `const ids = Array.from({ length: 300 }, (_, id) => 'order ' + id);
     expect(ids).toEqual(ids.map((id) => id === 'order 250' ? 'order x' : id))`,
  );
  const message = list?.tests[0]?.failures[0]?.message ?? '';
  expect(message).toMatch(/- .*order x[^]*\+ .*order 250/u);
  expect(message).not.toContain('order 40"');
  const text = await judged(
    `const body = 'a'.repeat(5000); expect(body + 'right' + body).toBe(body + 'wrong' + body)`,
  );
  const line = text?.tests[0]?.failures[0]?.message ?? '';
  expect(line).toMatch(/- …a+wrong[^]*\+ …a+right/u);
  expect(line).not.toContain('Object.is');
  expect(line.length).toBeLessThan(1000);
});

test('a failure that a test looks at late puts no warning on the screen', async () => {
  const written = vi.spyOn(process.stderr, 'write');
  onTestFinished(() => written.mockRestore());
  const verdict = await judged(
    `const late = Promise.reject(new Error('late'));
     process.emitWarning('heard', 'OtherWarning');
     return new Promise((resolve) => setTimeout(() => resolve(late.catch(() => {})), 50));`,
  );
  expect(verdict?.status).toBe('passed');
  const shown = written.mock.calls.map(([chunk]) => String(chunk)).join('');
  expect(shown).toContain('OtherWarning');
  expect(shown).not.toContain('PromiseRejectionHandledWarning');
});
