import { HINT_LEVELS, solutionsOf, type Lab } from '@backend-labs/catalog';
import { leftBehindUrl, type WatchOptions, WatchSession } from '@backend-labs/workbench';
import { openPrompt } from '../commands/psql.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../errors.ts';
import { withBench } from '../on-bench.ts';
import { renderDiff } from '../ui/solution.ts';
import { Keyboard } from './keys.ts';
import { Screen } from './screen.ts';
import { renderWatch } from './view.ts';

interface WatchChoices extends Pick<WatchOptions, 'task' | 'progressKey'> {
  /** A line that stays on the screen. */
  readonly greeting?: string | undefined;
}

/** Tests the open task at each save, on the terminal, until the person quits. */
export async function watch(
  context: Context,
  lab: Lab,
  copy: string,
  { greeting, ...options }: WatchChoices = {},
): Promise<number> {
  using screen = new Screen();
  const terminal = new WatchTerminal({ context, lab, copy, greeting }, screen);
  await using session = await withBench(context, `Finding ${lab.servers.join(', ')}`, (bench) =>
    WatchSession.open({ ...options, bench, lab, copy, onEvent: () => terminal.draw() }),
  );
  using keyboard = new Keyboard((key) => terminal.press(key));
  await terminal.attach(session, keyboard);
  return EXIT.green;
}

interface WatchPlace {
  readonly context: Context;
  readonly lab: Lab;
  readonly copy: string;
  readonly greeting: string | undefined;
}

/** A watch session's keys and screen. */
class WatchTerminal {
  readonly #context: Context;
  readonly #lab: Lab;
  readonly #copy: string;
  readonly #greeting: string | undefined;
  readonly #screen: Screen;
  readonly #broken = Promise.withResolvers<never>();
  #session: WatchSession | undefined;
  #keyboard: Keyboard | undefined;
  /** A diff, or an answer to a key. The next run removes it. */
  #note: string | undefined;

  constructor({ context, lab, copy, greeting }: WatchPlace, screen: Screen) {
    this.#context = context;
    this.#lab = lab;
    this.#copy = copy;
    this.#greeting = greeting;
    this.#screen = screen;
  }

  /** Settles when the person quits. */
  async attach(session: WatchSession, keyboard: Keyboard): Promise<void> {
    this.#session = session;
    this.#keyboard = keyboard;
    this.draw();
    await Promise.race([session.ended, this.#broken.promise]);
  }

  draw(): void {
    const session = this.#session;
    if (!session) return;
    if (session.state.running) this.#note = undefined;
    if (session.state.running && this.#screen.isPlain) return;
    const hint = session.state.hint;
    this.#screen.show(() =>
      renderWatch(session.state, {
        hint: hint && `Hint ${hint.level} of ${HINT_LEVELS}\n${hint.text}`,
        note: this.#note,
        greeting: this.#greeting,
        green: session.isGreen,
      }),
    );
  }

  press(key: string): void {
    const [session, keyboard] = [this.#session, this.#keyboard];
    if (!session || !keyboard) return;
    this.#act(key, session, keyboard).catch((error: unknown) => this.#broken.reject(error));
  }

  async #act(key: string, session: WatchSession, keyboard: Keyboard): Promise<void> {
    switch (key) {
      case 'r':
        return session.run();
      case 'h':
        return (await session.hint()) ? undefined : this.#say('This task has no hints.');
      case 'd':
        return this.#diff(session);
      case 'n':
        return await this.#next(session);
      case 'p':
        return await this.#psql(session, keyboard);
      case 'q':
        // A test that has not ended yet may still report: that would take this line off the screen.
        this.#screen.hide();
        if (session.isRunning) process.stdout.write('Stopping …\n');
        return await session.stop();
      default:
        return this.#open(key, session);
    }
  }

  /** Any task, whatever the one before it says. */
  #open(key: string, session: WatchSession): void {
    const task = this.#lab.tasks.find(({ number }) => String(number) === key);
    if (task) session.open(task);
    else if (/^[0-9]$/u.test(key)) this.#say(`There is no task ${key}.`);
  }

  #diff(session: WatchSession): void {
    const [solution] = solutionsOf(this.#lab);
    this.#say(
      solution && session.isGreen
        ? renderDiff(this.#lab, solution, this.#copy)
        : 'The diff is shown when the task is green.',
    );
  }

  async #next(session: WatchSession): Promise<void> {
    if (!session.isGreen) {
      return this.#say('The next task opens when this one is green. A number opens that task now.');
    }
    if (!(await session.next())) {
      this.#say(
        `Every task of ${this.#lab.id} passes. For the next lab, press q and run: npm start`,
      );
    }
  }

  async #psql(session: WatchSession, keyboard: Keyboard): Promise<void> {
    // A run drops the database of the last one, and leaves its own when it ends.
    if (session.isRunning) return this.#say('A run is in progress. Press p when it has ended.');
    const url = await leftBehindUrl(this.#context, this.#lab);
    if (!url) return this.#say('No failed run left a database behind.');
    this.#screen.hide();
    keyboard.pause();
    try {
      await openPrompt(url);
    } finally {
      keyboard.resume();
      this.#screen.unhide();
    }
  }

  #say(note: string): void {
    this.#note = note;
    this.draw();
  }
}
