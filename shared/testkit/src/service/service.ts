import {
  claimPort,
  describeExit,
  type Exit,
  launch,
  listenOn,
  type PortClaim,
  type Target,
  type Variables,
} from '@backend-labs/launcher';
import type { Lease } from '@backend-labs/stack';
import { ServiceError } from '../errors.ts';
import { ms } from '../wait/deadline.ts';
import { eventually, NeverHappened } from '../wait/eventually.ts';
import { lastErrors, watchOver } from './evidence.ts';
import { HeldUp } from './held-up.ts';
import { answers, type Readiness } from './readiness.ts';
import { StartedService } from './started.ts';

const READY_WITHIN_MS = 15_000;
const MOST_HELD_UP_MS = 60_000;

export interface ServiceOptions {
  /** The folder under test. */
  readonly run: Target;
  /** Whose `DATABASE_URL` and so on the service gets. */
  readonly lease?: Pick<Lease, 'env'>;
  /** On top of the lease's; `undefined` takes a variable away. */
  readonly env?: Variables;
  /** The script of package.json, `start` unless told. */
  readonly script?: string;
  /** For logs and messages; the script's name unless told. */
  readonly name?: string;
  /** `answers('/healthz')` unless told. */
  readonly ready?: Readiness;
  /** Milliseconds until `NEVER_LISTENED`; 15,000 unless told. Time that it was held up is added. */
  readonly readyWithin?: number;
}

/**
 * How to start the program under test. It can be started any number of times, each instance on a
 * port of its own:
 *
 * ```ts
 * const definition = new Service({ run, lease, env: { POOL_SIZE: '1' } });
 * await using first = await definition.start();
 * await using second = await definition.start();
 * ```
 */
export class Service {
  readonly #options: ServiceOptions;

  constructor(options: ServiceOptions) {
    this.#options = options;
  }

  /** The same service with more in its environment. */
  with(env: Variables): Service {
    return new Service({ ...this.#options, env: { ...this.#options.env, ...env } });
  }

  /**
   * Resolves when the service is ready.
   * Throws `ServiceError`: `NO_SCRIPT`, `CRASHED_AT_START` or `NEVER_LISTENED`.
   */
  async start(): Promise<StartedService> {
    const claim = await claimPort();
    try {
      return await this.#startOn(claim);
    } catch (error) {
      await claim[Symbol.asyncDispose]();
      throw error;
    }
  }

  async #startOn(claim: PortClaim): Promise<StartedService> {
    const { run, lease, env, script = 'start', name = script } = this.#options;
    const program = await launch({
      run,
      script,
      lease,
      env: { ...listenOn(claim.port), ...env },
    });
    const service = new StartedService(name, program, claim, (same) => this.#startOn(same));
    watchOver(service);
    try {
      await this.#untilReady(service);
      return service;
    } catch (error) {
      await program.kill();
      throw error;
    }
  }

  async #untilReady(service: StartedService): Promise<void> {
    const { ready = answers('/healthz'), readyWithin = READY_WITHIN_MS } = this.#options;
    let seen = 'it was not looked at yet';
    const crash = service.exited.then((exit) => {
      throw crashedAtStart(service, exit, ready);
    });
    using heldUp = new HeldUp(service.pid);
    const look = async () => {
      const answer = await ready.look(service);
      if (answer !== true) seen = answer;
      return answer === true || !service.running;
    };
    const readiness = patiently(ready.what, look, readyWithin, heldUp);
    try {
      await Promise.race([crash, readiness]);
      if (!service.running) await crash;
    } catch (error) {
      if (!(error instanceof NeverHappened)) throw error;
      throw neverListened(service, ready, readyWithin, seen);
    } finally {
      crash.catch(() => {});
      readiness.catch(() => {});
    }
  }
}

/**
 * Waits until the program has had `within` ms to itself: what the machine kept from it is added. At
 * most `MOST_HELD_UP_MS`, which no load explains.
 */
async function patiently(
  what: string,
  look: () => Promise<boolean>,
  within: number,
  heldUp: HeldUp,
): Promise<void> {
  let granted = 0;
  for (let left = within; ;) {
    try {
      await eventually(what, look, { within: left });
      return;
    } catch (error) {
      if (!(error instanceof NeverHappened)) throw error;
      left = Math.min(heldUp.milliseconds, MOST_HELD_UP_MS) - granted;
      if (left < within / 20) throw error;
      granted += left;
    }
  }
}

function crashedAtStart(service: StartedService, exit: Exit, { what }: Readiness): ServiceError {
  return new ServiceError(
    'CRASHED_AT_START',
    [
      `The service ended with ${describeExit(exit)} at its start; it did not ${what}.`,
      ...lastErrors(service.logs).map((line) => `  ${line}`),
    ].join('\n'),
  );
}

function neverListened(
  service: StartedService,
  { what }: Readiness,
  within: number,
  seen: string,
): ServiceError {
  return new ServiceError(
    'NEVER_LISTENED',
    [
      `The service did not ${what} within ${ms(within)} of its start on PORT=${service.port}: ${seen}.`,
      ...lastErrors(service.logs).map((line) => `  ${line}`),
    ].join('\n'),
  );
}
