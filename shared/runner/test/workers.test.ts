import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TaskVerdict } from '@backend-labs/protocol';
import { expect, onTestFinished, test, vi } from 'vitest';
import { LEARNER_SEED, Session, type CellEvent } from '../src/session.ts';
import { LAB } from './toy.ts';

/** On a busy machine a second, vitest's default, is soon over. */
const PATIENCE = { timeout: 20_000 };

/** A lab of one task, and a session that judges it against two folders. */
class Scene implements AsyncDisposable {
  readonly dir: string;
  readonly session: Session;
  readonly #lab: typeof LAB;

  private constructor(dir: string, lab: typeof LAB, session: Session) {
    this.dir = dir;
    this.#lab = lab;
    this.session = session;
  }

  static async open(body: string, testDeadline = 20_000): Promise<Scene> {
    const dir = mkdtempSync(join(tmpdir(), 'labs-workers-'));
    onTestFinished(() => rmSync(dir, { recursive: true }));
    const file = join(dir, 'tests/1-one.test.ts');
    mkdirSync(join(dir, 'tests'));
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
    const rows = ['one', 'two'].map((name) => ({ name, target: join(dir, name) }));
    const session = await Session.open({ lab, rows, context, testDeadline });
    const scene = new Scene(dir, lab, session);
    scene.write(body);
    return scene;
  }

  /** Each test appends what it has to say to `said`. */
  write(body: string): void {
    writeFileSync(
      join(this.dir, 'tests/1-one.test.ts'),
      `import { appendFileSync } from 'node:fs';
       import { afterAll, expect, inject, test } from '${import.meta.resolve('vitest')}';
       const say = (text) => appendFileSync('${join(this.dir, 'said')}', text + '\\n');
       ${body}`,
    );
  }

  async judge(row = 'one', onEvent: (event: CellEvent) => void = () => {}) {
    const verdicts: TaskVerdict[] = [];
    await this.session.run(
      this.#lab.tasks.map((task) => ({ row, task })),
      (event) => {
        onEvent(event);
        if (event.type === 'ended') verdicts.push(event.verdict);
      },
    );
    return verdicts[0];
  }

  get hasSpoken(): boolean {
    return existsSync(join(this.dir, 'said'));
  }

  get said(): string[] {
    return readFileSync(join(this.dir, 'said'), 'utf8').trim().split('\n');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.session[Symbol.asyncDispose]();
  }
}

const SAY_PID = `test('one', () => say(String(process.pid)));`;

function isThere(pid: string | undefined): boolean {
  try {
    return process.kill(Number(pid), 0);
  } catch {
    return false;
  }
}

test('one process runs one row after another, with the test file as it is then', async () => {
  await using scene = await Scene.open(
    `let runs = 0; test('one', () => { runs += 1; say([process.pid, inject('run').row, runs].join()); });`,
  );
  expect((await scene.judge('one'))?.status).toBe('passed');
  expect((await scene.judge('two'))?.status).toBe('passed');
  scene.write(`test('one', () => expect(1).toBe(2));`);
  expect((await scene.judge('two'))?.status).toBe('failed');
  const [first = '', second] = scene.said;
  const [pid = ''] = first.split(',');
  expect([first, second]).toEqual([`${pid},one,1`, `${pid},two,1`]);
  await scene.session[Symbol.asyncDispose]();
  expect(isThere(pid)).toBe(false);
});

test('a run whose process died is an error, and the next has another process', async () => {
  await using scene = await Scene.open(
    `test('one', () => { say(String(process.pid)); process.kill(process.pid, 'SIGKILL'); });`,
  );
  expect((await scene.judge())?.status).toBe('error');
  scene.write(SAY_PID);
  expect((await scene.judge())?.status).toBe('passed');
  expect(new Set(scene.said).size).toBe(2);
});

test('a test without an end takes its process with it', async () => {
  await using scene = await Scene.open(
    `test('one', async () => { say(String(process.pid)); await new Promise(() => {}); });`,
    300,
  );
  expect((await scene.judge())?.status).toBe('failed');
  scene.write(SAY_PID);
  expect((await scene.judge())?.status).toBe('passed');
  const [first, second] = scene.said;
  expect(second).not.toBe(first);
  await vi.waitUntil(() => !isThere(first), PATIENCE);
});

test('a module that is loaded between two runs does not keep the next one from ending', async () => {
  await using scene = await Scene.open(
    `import { createRequire } from 'node:module';
     const load = createRequire(import.meta.url);
     let loaded = 0;
     test('one', () => {
       process.on('SIGUSR2', () => { loaded += 1; load('../late-' + loaded + '.cjs'); say('late ' + loaded); });
       say(String(process.pid));
     });`,
  );
  expect((await scene.judge())?.status).toBe('passed');
  // vitest may still listen at the first; not at the last.
  for (const number of [1, 2, 3]) {
    writeFileSync(join(scene.dir, `late-${number}.cjs`), '');
    process.kill(Number(scene.said[0]), 'SIGUSR2');
    await vi.waitUntil(() => scene.said.includes(`late ${number}`), PATIENCE);
  }
  scene.write(SAY_PID);
  expect((await scene.judge())?.status).toBe('passed');
  expect(scene.said.at(-1)).toBe(scene.said[0]);
});

test('a run that was cancelled puts away what it used, and the next one judges all', async () => {
  await using scene = await Scene.open(
    `afterAll(() => say('put away'));
     test('one', async () => {
       const gone = new Promise((resolve) => process.once('SIGUSR2', resolve));
       say(String(process.pid));
       await gone;
     });
     test('two', () => say('not reached'));`,
  );
  const judged = scene.judge();
  await vi.waitUntil(() => scene.hasSpoken, PATIENCE);
  void scene.session.cancel();
  const [pid] = scene.said;
  process.kill(Number(pid), 'SIGUSR2');
  await judged;
  expect(scene.said).toEqual([pid, 'put away']);
  scene.write(SAY_PID);
  expect((await scene.judge())?.status).toBe('passed');
});

test('each test is reported once, when it has ended, and the verdict before the clean-up', async () => {
  await using scene = await Scene.open(
    `afterAll(() => { say('put away'); throw new Error('too late'); });
     test('one', () => say('one')); test('two', () => say('two'));`,
  );
  const events: string[] = [];
  const verdict = await scene.judge('one', (event) => {
    if (event.type === 'test ended') events.push(event.test.title);
    if (event.type === 'decided') events.push(`decided: ${event.verdict.status}`);
    if (event.type === 'ended') events.push('ended');
  });
  expect(events).toEqual(['one', 'two', 'decided: passed', 'ended']);
  // What went wrong afterwards is not lost.
  expect(verdict).toMatchObject({ status: 'error', trouble: { message: 'too late' } });
});
