import { hintOf, type Lab, type Task } from '@backend-labs/catalog';
import type {
  OnRunEvent,
  RunEvent,
  Status,
  TaskVerdict,
  TestVerdict,
} from '@backend-labs/protocol';
import type { Bench } from './bench.ts';
import { Judging } from './judging.ts';
import { nextHintLevel, readProgress, recordHint, type HintLevel } from './progress.ts';
import { openTask, record } from './record.ts';
import { onSave } from './saves.ts';

/** Where a watch stands. Replaced as a whole at each change. */
export interface WatchState {
  readonly lab: Lab;
  /** The task being worked on. */
  readonly task: Task;
  readonly running: boolean;
  /** Of the run under way: point → how it came out. */
  readonly points: Readonly<Record<string, Status>>;
  /** Of the run under way: the first test of the open task that failed. */
  readonly failed?: TestVerdict | undefined;
  /** Of the last run: the task's verdict, after those that it needs. */
  readonly results: readonly TaskVerdict[];
  /** Stays while the task does. */
  readonly hint?: { readonly level: HintLevel; readonly text: string } | undefined;
  /** All core tasks of the lab pass, and the stretch tasks too. */
  readonly finished: boolean;
}

/** What a face subscribes to. */
export type WatchEvent =
  | { readonly type: 'state'; readonly state: WatchState }
  | { readonly type: 'run'; readonly event: RunEvent };

export interface WatchOptions {
  readonly bench: Bench;
  readonly lab: Lab;
  /** The learner's copy. */
  readonly copy: string;
  /** Under which the copy's progress is kept; the lab's id when left out. */
  readonly progressKey?: string | undefined;
  /** To begin with; the first that does not pass when left out. */
  readonly task?: Task | undefined;
  readonly onEvent: (event: WatchEvent) => void;
}

/** Passes on an error that a broken server may have made; throws any other. */
function asMachineTrouble(error: unknown): Error {
  if (error instanceof Error && 'blame' in error && error.blame === 'machine') return error;
  throw error;
}

/** Judges the open task of a lab at each save. It has no face: it reports events. */
export class WatchSession implements AsyncDisposable {
  readonly #options: WatchOptions;
  #judging: Judging;
  readonly #saves: AsyncDisposable;
  #state: WatchState;
  /** The run under way, if any. */
  #underWay: Promise<void> | undefined;
  /** Of the run under way: the verdicts on the tasks that the open one needs. */
  #needed: TaskVerdict[] = [];
  /** Something was saved while a run was under way: that run is over, and another follows. */
  #again = false;
  #stopping = false;
  readonly #end = Promise.withResolvers<void>();

  private constructor(options: WatchOptions, judging: Judging, saves: AsyncDisposable, task: Task) {
    this.#options = options;
    this.#judging = judging;
    this.#saves = saves;
    const { lab } = options;
    this.#state = { lab, task, running: false, points: {}, results: [], finished: false };
  }

  /** Opens the first task that does not pass, and begins to judge it. */
  static async open(options: WatchOptions): Promise<WatchSession> {
    const { bench, lab, copy } = options;
    const { progress } = await readProgress(bench.stateDir);
    const task = options.task ?? openTask(lab, progress, options.progressKey) ?? lab.tasks.at(-1);
    if (!task) throw new RangeError(`${lab.id} has no tasks`);
    await using held = new AsyncDisposableStack();
    const judging = held.use(await Judging.open(bench, lab, copy, { ahead: true }));
    const saved = Promise.withResolvers<WatchSession>();
    const saves = held.use(await onSave(copy, () => void saved.promise.then((s) => s.run())));
    const session = new WatchSession(options, judging, saves, task);
    saved.resolve(session);
    held.move();
    session.run();
    return session;
  }

  get state(): WatchState {
    return this.#state;
  }

  /** The task being worked on passes. */
  get isGreen(): boolean {
    const { results, task } = this.#state;
    return results.some((result) => result.task === task.number && result.status === 'passed');
  }

  get isRunning(): boolean {
    return this.#underWay !== undefined;
  }

  /** Settles after `stop`; rejects when judging breaks. */
  get ended(): Promise<void> {
    return this.#end.promise;
  }

  /** Judges the open task. A run under way is cancelled: its files are no longer those on the disk. */
  run(): void {
    if (this.#stopping) return;
    if (this.#underWay) {
      if (!this.#again) void this.#judging.cancel();
      this.#again = true;
      return;
    }
    this.#underWay = this.#runOnce()
      .catch((error: unknown) => this.#end.reject(error))
      .finally(() => {
        this.#underWay = undefined;
        if (!this.#again || this.#stopping) return;
        this.#again = false;
        this.run();
      });
  }

  /** Shows the next hint of the open task. @returns whether there was one. */
  async hint(): Promise<boolean> {
    const { stateDir } = this.#options.bench;
    const { lab, task } = this.#state;
    const { progress } = await readProgress(stateDir);
    const key = this.#options.progressKey ?? lab.id;
    const level = nextHintLevel(progress, key, task.slug);
    const text = hintOf(lab, task, level);
    if (text === undefined) return false;
    await recordHint(stateDir, key, task.slug, level);
    this.#change({ hint: { level, text } });
    return true;
  }

  /** Opens the next task that does not pass. @returns whether there was one. */
  async next(): Promise<boolean> {
    // The verdict that is shown may not be recorded yet.
    await this.#underWay;
    const { progress } = await readProgress(this.#options.bench.stateDir);
    const task = openTask(this.#state.lab, progress, this.#options.progressKey);
    if (!task) return false;
    this.open(task);
    return true;
  }

  /** Works on that task from now on. */
  open(task: Task): void {
    this.#change({ task, results: [], points: {}, failed: undefined, hint: undefined });
    this.run();
  }

  /** Ends the run under way after the test it is at, and the watch with it. */
  async stop(): Promise<void> {
    this.#stopping = true;
    if (this.#underWay) await this.#judging.cancel();
    this.#end.resolve();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping = true;
    await this.#saves[Symbol.asyncDispose]();
    await this.#underWay;
    await this.#judging[Symbol.asyncDispose]();
  }

  async #runOnce(): Promise<void> {
    const { lab, task } = this.#state;
    this.#needed = [];
    this.#change({ results: [], points: {}, failed: undefined, running: true });
    const results = await this.#judge(task);
    // Verdicts on tests that were cancelled are about nobody, and not for the screen.
    if (results === undefined) return;
    const { bench, progressKey } = this.#options;
    const progress = await record(bench.stateDir, lab, results, progressKey);
    this.#change({ results, running: false, finished: !openTask(lab, progress, progressKey) });
  }

  /** Verdicts on the files as they are, or undefined when the run was cancelled. */
  async #judge(task: Task): Promise<TaskVerdict[] | undefined> {
    const first = await this.#judging.judge([task], this.#onRunEvent).catch(asMachineTrouble);
    if (this.#isOver) return undefined;
    const broke = !Array.isArray(first) || first.some(({ status }) => status === 'error');
    if (!broke || (await this.#judging.answers())) {
      if (Array.isArray(first)) return first;
      throw first;
    }
    // A server has died. It is started again, and this run too.
    const { bench, lab, copy } = this.#options;
    await this.#judging[Symbol.asyncDispose]().catch(() => {});
    this.#judging = await Judging.open(bench, lab, copy, { ahead: true });
    if (this.#isOver) return undefined;
    this.#needed = [];
    this.#change({ points: {}, failed: undefined });
    const second = await this.#judging.judge([task], this.#onRunEvent);
    return this.#isOver ? undefined : second;
  }

  get #isOver(): boolean {
    return this.#again || this.#stopping;
  }

  readonly #onRunEvent: OnRunEvent = (event) => {
    this.#options.onEvent({ type: 'run', event });
    if (this.#isOver) return;
    const { number } = this.#state.task;
    if (event.type === 'point judged' && event.task === number) {
      const { id, status } = event.point;
      this.#change({ points: { ...this.#state.points, [id]: status } });
    } else if (event.type === 'test ended' && event.task === number) {
      if (event.test.status !== 'failed' || this.#state.failed) return;
      this.#change({ failed: event.test });
    } else if (event.type === 'task ended' && event.verdict.task !== number) {
      this.#needed.push(event.verdict);
    } else if (event.type === 'task decided' && event.verdict.task === number) {
      this.#show(event.verdict);
    }
  };

  /** Shows a verdict while what its tests used is put away. One on the machine may not be the last word. */
  #show(verdict: TaskVerdict): void {
    if (verdict.status === 'error') return;
    this.#change({ results: [...this.#needed, verdict], running: false });
  }

  #change(change: Partial<WatchState>): void {
    this.#state = { ...this.#state, ...change };
    this.#options.onEvent({ type: 'state', state: this.#state });
  }
}
