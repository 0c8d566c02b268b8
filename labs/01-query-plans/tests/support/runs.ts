import { expect, type PgSession, type ScriptResult } from '@backend-labs/testkit';

export interface Index {
  readonly name: string;
  readonly definition: string;
  readonly valid: boolean;
  /** Another one after it was built again. */
  readonly oid: number;
}

/** Indexes of `orders` besides the primary key, without those of somebody else. */
export function indexesOf(session: PgSession, foreign: readonly string[] = []): Promise<Index[]> {
  return session.query(
    `SELECT c.relname AS name, pg_get_indexdef(indexrelid) AS definition, indisvalid AS valid,
            indexrelid::int4 AS oid
       FROM pg_index JOIN pg_class c ON c.oid = indexrelid
      WHERE indrelid = 'orders'::regclass AND NOT indisprimary AND c.relname <> ALL ($1::text[])
      ORDER BY 2`,
    [foreign],
  );
}

export const invalidOf = async (
  session: PgSession,
  foreign: readonly string[] = [],
): Promise<string[]> =>
  (await indexesOf(session, foreign))
    .filter(({ valid }) => !valid)
    .map(({ definition }) => definition);

export const asText = ({ definition, valid, oid }: Index): string =>
  `${definition}, ${valid ? 'valid' : 'INVALID'}, oid ${oid}`;

/** What a run said of its error; without one, its last line. */
function lastLines({ stderr, stdout }: ScriptResult): string {
  const lines = [...stdout, ...stderr];
  const errors = lines.filter((line) => /error:/iu.test(line));
  return (errors.length > 0 ? errors.slice(0, 3) : lines.slice(-8)).join('\n');
}

export function expectSuccess(result: ScriptResult, which: string): void {
  expect(`exit code ${result.code}`, `how ${which} ended:\n${lastLines(result)}\n`).toBe(
    'exit code 0',
  );
}

/** Without the comments ahead of it. */
export const oneLine = (sql: string): string =>
  sql.replaceAll(/--.*$/gmu, '').replaceAll(/\s+/gu, ' ').trim().slice(0, 120);

export async function pidOf(session: PgSession): Promise<number> {
  const [backend] = await session.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  return backend?.pid ?? 0;
}
