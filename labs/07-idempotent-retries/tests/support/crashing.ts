import {
  type Answer,
  beforeStatement,
  type Cut,
  type StartedService,
  type Tap as ProxyTap,
  TcpProxy,
} from '@backend-labs/testkit';
import { retryWhile, type Tap } from './charges.ts';
import { SECRET } from './events.ts';
import { test as base } from './payments.ts';

/** Short, so that no test waits long for the end of one. */
export const LEASE_MS = 250;
/** The ticket prints it: a right service needs one lease and a request. */
export const FINAL_WITHIN_MS = 3_000;

export interface Hold {
  /** Which of those that count, from 1. */
  readonly n?: number;
  /** How long; until the service is dead, unless told. */
  readonly until?: Promise<Cut>;
  /** Which statements count; all, unless told. */
  readonly counts?: (sql: string) => boolean;
}

/** Holds a statement of the service on its way to Postgres. */
class NextStatement {
  readonly #cut: Promise<Cut>;
  #caught: ((sql: string) => Promise<Cut> | undefined) | undefined;
  #sent: string[] = [];

  constructor(dead: Promise<unknown>) {
    this.#cut = dead.then(() => 'cut');
  }

  /** Texts of all statements since the last `toCome` or `forget`. */
  get sent(): readonly string[] {
    return this.#sent;
  }

  /** The n-th from now on; resolves when it is held, with the texts of all up to it. */
  async toCome({ n = 1, until = this.#cut, counts = () => true }: Hold = {}) {
    const { promise, resolve } = Promise.withResolvers<readonly string[]>();
    const sent: string[] = [];
    let left = n;
    this.#sent = sent;
    this.#caught = (sql) => {
      if (counts(sql)) left -= 1;
      if (left > 0) return undefined;
      this.#caught = undefined;
      resolve(sent);
      return until;
    };
    return promise;
  }

  /** Holds none. */
  forget(): void {
    this.#caught = undefined;
    this.#sent = [];
  }

  readonly tap = (): ProxyTap =>
    beforeStatement(async (sql): Promise<Cut> => {
      this.#sent.push(sql);
      return this.#caught?.(sql);
    });
}

/** An instance whose `next` statement can be held, until it is `dead`. */
export interface Crashing {
  readonly service: StartedService;
  readonly next: NextStatement;
  readonly dead: PromiseWithResolvers<void>;
  /** Starts another instance, whose statements nobody holds. */
  readonly startOther: () => Promise<StartedService>;
}

/** `test` with an instance that is to be killed. */
export const test = base.extend(
  'crashing',
  { scope: 'file' },
  async ({ file, payments, lease, cleanup }): Promise<Crashing> =>
    file.once('crashing', async () => {
      const dead = Promise.withResolvers<void>();
      cleanup.defer(() => dead.resolve());
      const next = new NextStatement(dead.promise);
      const url = lease.postgres?.url ?? '';
      const proxy = cleanup.use(await TcpProxy.to(url, next.tap));
      const instance = payments.with({
        CLAIM_LEASE_MS: String(LEASE_MS),
        RETRY_RANDOM: '0',
        WEBHOOK_SECRET: SECRET,
        // A look of the service's own would come into the count of statements.
        RECONCILE_EVERY_MS: String(60 * 60 * 1000),
      });
      const held = instance.with({ DATABASE_URL: proxy.rewrite(url) });
      const service = cleanup.use(await held.start());
      const startOther = async () => cleanup.use(await instance.start());
      return { service, next, dead, startOther };
    }),
);

/** Sends a tap again until the answer is final, and answers the last. */
export const lastAnswer = (service: StartedService, tap: Tap): Promise<Answer> =>
  retryWhile([202, 409], { within: FINAL_WITHIN_MS }, service, tap);
