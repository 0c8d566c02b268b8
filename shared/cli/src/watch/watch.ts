import { hintOf, HINT_LEVELS, solutionsOf, type Lab, type Task } from '@backend-labs/catalog';
import { openPrompt } from '../commands/psql.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../errors.ts';
import { Judging } from '../judging.ts';
import { leftBehindUrl } from '../left-behind.ts';
import { nextHintLevel, recordHint } from '../progress.ts';
import { loadProgress, openTask, record } from '../record.ts';
import { renderDiff } from '../ui/solution.ts';
import { Keyboard } from './keys.ts';
import { onSave } from './saves.ts';
import { Screen } from './screen.ts';
import { isGreen, renderWatch, type WatchState } from './view.ts';

/** Tests the open task at each save, until the person quits. */
export async function watch(context: Context, lab: Lab, copy: string): Promise<number> {
  const progress = await loadProgress(context.stateDir);
  const first = openTask(lab, progress) ?? lab.tasks.at(-1);
  if (!first) throw new RangeError(`${lab.id} has no tasks`);
  await using judging = await Judging.open(context, lab, copy);
  using screen = new Screen();
  const watching = new Watching(context, lab, copy, judging, screen, first);
  await using _saves = await onSave(copy, () => watching.run());
  using keyboard = new Keyboard((key) => watching.press(key, keyboard));
  watching.run();
  await watching.ended;
  return EXIT.green;
}

class Watching {
  readonly #context: Context;
  readonly #lab: Lab;
  readonly #copy: string;
  readonly #judging: Judging;
  readonly #screen: Screen;
  #state: WatchState;
  /** The run in progress, if any. */
  #underWay: Promise<void> | undefined;
  /** A file was saved during a run. */
  #again = false;
  readonly #end = Promise.withResolvers<void>();

  constructor(
    context: Context,
    lab: Lab,
    copy: string,
    judging: Judging,
    screen: Screen,
    task: Task,
  ) {
    this.#context = context;
    this.#lab = lab;
    this.#copy = copy;
    this.#judging = judging;
    this.#screen = screen;
    this.#state = { lab, task, results: [], running: false, finished: false };
  }

  /** Settles when the person quits; rejects on a bug. */
  get ended(): Promise<void> {
    return this.#end.promise;
  }

  /** Runs the open task. During a run, it starts another one after it. */
  run(): void {
    if (this.#underWay) {
      this.#again = true;
      return;
    }
    this.#underWay = this.#runOnce()
      .catch((error: unknown) => this.#end.reject(error))
      .finally(() => {
        this.#underWay = undefined;
        if (!this.#again) return;
        this.#again = false;
        this.run();
      });
  }

  press(key: string, keyboard: Keyboard): void {
    const action = this.#actionOf(key, keyboard);
    action?.().catch((error: unknown) => this.#end.reject(error));
  }

  #actionOf(key: string, keyboard: Keyboard): (() => Promise<void>) | undefined {
    switch (key) {
      case 'r':
        return async () => this.run();
      case 'h':
        return () => this.#hint();
      case 'd':
        return async () => this.#diff();
      case 'n':
        return () => this.#next();
      case 'p':
        return () => this.#psql(keyboard);
      case 'q':
        return () => this.#quit();
      default:
        return undefined;
    }
  }

  async #runOnce(): Promise<void> {
    const { task } = this.#state;
    this.#show({ results: [], running: true, note: undefined });
    const results = await this.#judging.judge([task], () => {});
    const progress = await record(this.#context.stateDir, this.#lab, results);
    const finished = !openTask(this.#lab, progress);
    this.#show({ results, running: false, finished, note: undefined });
  }

  async #hint(): Promise<void> {
    const { stateDir } = this.#context;
    const { task } = this.#state;
    const level = nextHintLevel(await loadProgress(stateDir), this.#lab.id, task.slug);
    const text = hintOf(this.#lab, task, level);
    if (text) await recordHint(stateDir, this.#lab.id, task.slug, level);
    this.#show(
      text ? { hint: `Hint ${level} of ${HINT_LEVELS}\n${text}` } : { note: 'No hints here.' },
    );
  }

  #diff(): void {
    const [solution] = solutionsOf(this.#lab);
    if (!solution || !isGreen(this.#state))
      this.#show({ note: 'The diff is shown when the task is green.' });
    else this.#show({ note: renderDiff(this.#lab, solution, this.#copy) });
  }

  async #next(): Promise<void> {
    if (!isGreen(this.#state))
      return this.#show({ note: 'The next task opens when this one is green.' });
    const task = openTask(this.#lab, await loadProgress(this.#context.stateDir));
    if (!task) return this.#show({ note: `Every task of ${this.#lab.id} passes.` });
    this.#show({ task, results: [], hint: undefined, note: undefined });
    this.run();
  }

  async #psql(keyboard: Keyboard): Promise<void> {
    // The run has dropped the last database, and leaves its own when it ends.
    if (this.#underWay) return this.#show({ note: 'The run has not finished. Press p after it.' });
    const url = await leftBehindUrl(this.#context, this.#lab);
    if (!url) return this.#show({ note: 'No failed run left a database behind.' });
    this.#screen.hide();
    keyboard.pause();
    try {
      await openPrompt(url);
    } finally {
      keyboard.resume();
      this.#screen.unhide();
    }
  }

  async #quit(): Promise<void> {
    this.#again = false;
    if (this.#underWay) {
      process.stdout.write('Stopping …\n');
      await this.#judging.cancel();
    }
    this.#end.resolve();
  }

  #show(change: Partial<WatchState>): void {
    this.#state = { ...this.#state, ...change };
    this.#screen.show(() => renderWatch(this.#state));
  }
}
