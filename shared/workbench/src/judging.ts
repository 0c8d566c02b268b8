import type { Lab, Task } from '@backend-labs/catalog';
import type { OnRunEvent, TaskVerdict } from '@backend-labs/protocol';
import { judge, LEARNER_SEED, Session } from '@backend-labs/runner';
import { connectStack, openStack, ping, type OpenedStack, type Stack } from '@backend-labs/stack';
import type { Bench } from './bench.ts';

/** The row's name for a learner's copy. */
const ROW = 'work';

/** A lab's tests, ready to run against one folder as often as wanted. */
export class Judging implements AsyncDisposable {
  readonly #session: Session;
  readonly #stack: OpenedStack;
  readonly #leases: Stack;
  readonly #lab: Lab;

  private constructor(session: Session, stack: OpenedStack, lab: Lab) {
    this.#session = session;
    this.#stack = stack;
    this.#leases = connectStack(stack.servers);
    this.#lab = lab;
  }

  /**
   * Finds or starts the servers that the tasks name, and gets ready.
   *
   * @param target the folder under test.
   * @param options `ahead`: it will be judged again and again, so that a lease is kept ready.
   */
  static async open(
    bench: Bench,
    lab: Lab,
    target: string,
    options: { readonly ahead?: boolean } = {},
  ): Promise<Judging> {
    const stack = await openLabStack(bench, lab);
    const session = await Session.open({
      lab,
      rows: [{ name: ROW, target }],
      context: {
        servers: stack.servers,
        stateDir: bench.stateDir,
        templates: '',
        keepFailed: true,
        seed: LEARNER_SEED,
        ...(options.ahead === true && { ahead: true }),
      },
    });
    return new Judging(session, stack, lab);
  }

  /**
   * @param onEvent called as the run goes on.
   * @returns the verdicts on the tasks, and on those they need.
   */
  async judge(tasks: readonly Task[], onEvent: OnRunEvent): Promise<TaskVerdict[]> {
    if (this.#stack.servers['postgres']) {
      await (await this.#leases.of('postgres')).dropLeftBehind(this.#lab.id);
    }
    const started = tasks.map(({ number }) => number);
    const seed = LEARNER_SEED;
    onEvent({ type: 'started', protocol: 1, lab: this.#lab.id, row: ROW, tasks: started, seed });
    const verdicts = await judge(this.#session, this.#stack, this.#lab, ROW, tasks, onEvent);
    onEvent({ type: 'finished' });
    return verdicts;
  }

  /** Whether every server that the lab names is there and answers. */
  async answers(): Promise<boolean> {
    if (this.#stack.missing.length > 0) return false;
    const pings = Object.values(this.#stack.servers).map((address) => ping(address));
    return (await Promise.allSettled(pings)).every(({ status }) => status === 'fulfilled');
  }

  /** Ends the run under way after the test it is at. */
  async cancel(): Promise<void> {
    await this.#session.cancel();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session[Symbol.asyncDispose]();
    await this.#leases[Symbol.asyncDispose]();
  }
}

/** The servers that a lab names; reports what takes a while. */
export async function openLabStack(
  { root, stateDir, onProgress }: Bench,
  { servers }: Pick<Lab, 'servers'>,
): Promise<OpenedStack> {
  return await openStack(servers, { root, stateDir, ...(onProgress && { onProgress }) });
}
