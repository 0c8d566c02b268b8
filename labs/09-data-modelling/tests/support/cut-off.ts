import {
  type Answer,
  beforeStatement,
  happens,
  type PostgresProbe,
  type Service,
  ServiceError,
  type StartedService,
  TcpProxy,
} from '@backend-labs/testkit';

/** More than any sensible request sends. */
const MOST = 60;

/**
 * Sends a request again and again. The first time, its connection to the database breaks before its
 * first statement, then before the second, and so on, until it sends fewer statements than that.
 * `look` is called after each, with how many statements had got through.
 */
export async function cutEverywhere(
  definition: Service,
  postgres: PostgresProbe,
  url: string,
  request: (service: StartedService) => Promise<Answer>,
  look: (passed: number) => Promise<void>,
): Promise<void> {
  let left = Number.POSITIVE_INFINITY;
  let wasCut = false;
  await using proxy = await TcpProxy.to(url, () =>
    beforeStatement(() => {
      left -= 1;
      if (left !== -1) return undefined;
      wasCut = true;
      return 'cut';
    }),
  );
  let service = await definition.with({ DATABASE_URL: proxy.rewrite(url) }).start();
  try {
    for (let passed = 0; passed < MOST; passed += 1) {
      if (!service.running) service = await service.restart();
      wasCut = false;
      left = passed;
      try {
        await request(service);
      } catch (error) {
        // It may answer 500, or end: either is an answer to a database that is gone.
        if (!(error instanceof ServiceError)) throw error;
      }
      left = Number.POSITIVE_INFINITY;
      await idle(postgres);
      await look(passed);
      if (!wasCut) return;
    }
  } finally {
    await service[Symbol.asyncDispose]();
  }
}

/** Waits, five seconds at most, until no transaction of the service is open. */
async function idle(postgres: PostgresProbe): Promise<void> {
  await happens(
    async () => {
      const busy = await postgres.query(
        `SELECT FROM pg_stat_activity
          WHERE datname = current_database() AND pid <> pg_backend_pid()
            AND state IN ('active', 'idle in transaction')`,
      );
      return busy.length === 0;
    },
    { within: 5_000 },
  );
}
