import type { ServerName } from '@backend-labs/stack';

export { ServiceError, type ServiceErrorCode } from '@backend-labs/launcher';

/** A plain assertion of the testkit's that failed, told in its own words. */
export class FailedAssertion extends Error {
  // The name that vitest's own failed assertions have: a run counts both alike.
  override readonly name = 'AssertionError';
}

/**
 * What went wrong with the testkit's own means, or with how a test uses it. `NOT_PROVIDED`: the server
 * that is there cannot do what the test needs, so the test is NOT RUN.
 */
export type TestkitErrorCode = 'NOT_LEASED' | 'COUNT_LOST' | 'MISUSED' | 'NOT_PROVIDED';

/** Not the learner's doing: a run counts it as an error, or as not run. `fix` says what helps. */
export class TestkitError extends Error {
  override readonly name = 'TestkitError';
  readonly code: TestkitErrorCode;
  /** Evidence for a run: the program under test is not at fault. */
  readonly blame = 'machine';
  readonly fix: string;

  constructor(code: TestkitErrorCode, message: string, fix: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.fix = fix;
  }
}

/** A database answered a statement of the test's with an error. `code` is its SQLSTATE. */
export class SqlError extends Error {
  override readonly name = 'SqlError';
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/**
 * A server did not do what the test asked of it. By itself no evidence against the server: a learner's
 * program may hold what the test waits for. A run asks the server before it blames anybody.
 */
export class ProbeTrouble extends Error {
  override readonly name = 'ProbeTrouble';
  readonly server: ServerName;

  constructor(server: ServerName, doing: string, cause: unknown) {
    const why = cause instanceof Error ? cause.message || cause.name : String(cause);
    super(`${server} failed while the test tried to ${doing}: ${why}`, { cause });
    this.server = server;
  }
}

/** For a test that asks for a server which its lab does not name. */
export function notLeased(server: ServerName): TestkitError {
  const fix = `name ${server} among the servers in lab.yaml`;
  return new TestkitError('NOT_LEASED', `This lab has no ${server}.`, fix);
}
