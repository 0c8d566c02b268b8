import {
  eventually,
  happens,
  PgSession,
  type RunContext,
  runScript,
  type ScriptResult,
} from '@backend-labs/testkit';
import type { FewOrders } from './few-orders.ts';
import { HeldBuilds } from './held-builds.ts';
import { asText, indexesOf } from './runs.ts';

/** How two runs of the migrations ended that were started at the same time. */
export interface TwoRuns {
  readonly first: ScriptResult;
  /** Undefined when the first built no index and ended before a second could be started. */
  readonly second: ScriptResult | undefined;
  /** Indexes at the moment when the second had ended and the first had not. */
  readonly early: readonly string[] | undefined;
  /** Indexes at the end. */
  readonly all: readonly string[];
}

/** The second run is started while the first builds its first index. */
export async function twoRuns(run: RunContext, lease: FewOrders): Promise<TwoRuns> {
  const { adminUrl } = lease.postgres;
  await using session = await PgSession.open(adminUrl);
  await using builds = await HeldBuilds.open(adminUrl);
  let ended = 0;
  const start = (): Promise<ScriptResult> => {
    const running = runScript('migrate', { run, lease }).finally(() => (ended += 1));
    // Awaited below: without this, an early failure would end the process.
    running.catch(() => {});
    return running;
  };
  const first = start();
  let second: Promise<ScriptResult> | undefined;
  let early: string[] | undefined;
  for (let built = 1; ; built += 1) {
    const build = await eventually(
      `npm run migrate to end, or to build an index for the ${built}. time`,
      async () => (await builds.held(built)) ?? (ended === (second ? 2 : 1) && 'ended'),
      { within: 40_000 },
    );
    if (build === 'ended') break;
    if (!second) {
      const others = new Set((await sessionsOf(session)).map(({ pid }) => pid));
      second = start();
      await besides(session, others, () => ended > 0);
      if (ended > 0) early = (await indexesOf(session)).map(asText);
    }
    await builds.release(built);
  }
  await builds[Symbol.asyncDispose]();
  return {
    first: await first,
    second: await second,
    early,
    all: (await indexesOf(session)).map(asText),
  };
}

interface Session {
  readonly pid: number;
  readonly query: string;
  readonly since: string;
  /** For a lock. */
  readonly waits: boolean;
}

function sessionsOf(session: PgSession): Promise<Session[]> {
  return session.query(
    `SELECT pid, query, query_start::text AS since, wait_event_type IS NOT DISTINCT FROM 'Lock' AS waits
       FROM pg_stat_activity WHERE datname = current_database() AND query <> ''`,
  );
}

/**
 * Until a run that was started beside another has ended, waits for a lock, or asks the same again and
 * again. What is none of it for three seconds has to find its way with whatever comes.
 */
async function besides(session: PgSession, others: ReadonlySet<number>, ended: () => boolean) {
  const asked = new Map<string, Set<string>>();
  await happens(
    async () => {
      const sessions = await sessionsOf(session);
      const own = sessions.filter(({ pid }) => !others.has(pid));
      for (const { query, since } of own) {
        asked.set(query, (asked.get(query) ?? new Set()).add(since));
      }
      const again = [...asked.values()].some((times) => times.size > 2);
      return ended() || again || own.some(({ waits }) => waits);
    },
    { within: 3_000, every: 50 },
  );
}
