import { beforeStatement, type Cut, type Gate, type Tap } from '@backend-labs/testkit';

/**
 * Calls `then` before the statement that commits a write: `COMMIT`, or the `UPDATE` of a write without
 * a transaction.
 */
export function beforeCommit(then: () => Cut): (sql: string) => Cut {
  let inTransaction = false;
  return (sql) => {
    if (/^\s*(?:begin|start)/iu.test(sql)) inTransaction = true;
    const commits = inTransaction ? /^\s*(?:commit|end)/iu : /update/iu;
    return commits.test(sql) ? then() : undefined;
  };
}

/** What a test may do on an instance's way to Postgres. */
export class DatabaseLine {
  /** Called before each statement of the instance; the statement waits until it is done. */
  onStatement: ((sql: string) => Cut | Promise<Cut>) | undefined;
  /** Holds the answers of Postgres to statements about products: they are read, but not known yet. */
  answers: Gate | undefined;

  readonly tap = (): Tap => {
    let asked = false;
    const { toServer } = beforeStatement((sql) => {
      asked = /product/iu.test(sql);
      return this.onStatement?.(sql);
    });
    return {
      ...(toServer && { toServer }),
      toClient: async () => {
        if (asked) await this.answers?.arrive();
      },
    };
  };
}
