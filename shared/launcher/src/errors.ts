/** What went wrong with the program under test. The learner can fix each of these. */
export type ServiceErrorCode =
  | 'TARGET_MISSING'
  | 'NO_SCRIPT'
  | 'NEVER_LISTENED'
  | 'CRASHED_AT_START'
  | 'EXITED'
  | 'NO_ANSWER'
  | 'CONNECTION_LOST'
  | 'NOT_JSON'
  | 'TOO_LARGE'
  | 'SCRIPT_TOO_SLOW'
  | 'MIGRATION_FAILED';

/** The program did not do what every service must do. A run counts it as a failure of the task. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError';
  readonly code: ServiceErrorCode;

  constructor(code: ServiceErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** What went wrong with the machine, or with how our own code uses the launcher. */
export type LauncherErrorCode =
  | 'NO_FREE_PORT'
  | 'FOLDER_MISSING'
  | 'PATH_UNUSABLE'
  | 'NO_SANDBOX'
  | 'MISUSED';

/** Not the learner's fault: a run counts it as an error. `fix` says what helps. */
export class LauncherError extends Error {
  override readonly name = 'LauncherError';
  readonly code: LauncherErrorCode;
  /** Evidence for a run: the program under test is not at fault. */
  readonly blame = 'machine';
  readonly fix: string;

  constructor(code: LauncherErrorCode, message: string, fix: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.fix = fix;
  }
}
