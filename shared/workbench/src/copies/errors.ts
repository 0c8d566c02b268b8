/** What can go wrong with a learner's files. Callers switch on the code. */
export type WorkErrorCode =
  | 'ATTEMPT_UNKNOWN'
  | 'COPY_ABSENT'
  | 'DISK_FULL'
  | 'STATE_BUSY'
  | 'WORK_BLOCKED'
  | 'WORK_CHANGED'
  | 'WORK_MISPLACED'
  | 'WORK_READ_ONLY'
  | 'WORK_UNREADABLE';

/** An expected failure. `message` says in one line what happened, `fix` in one line what to do. */
export abstract class WorkError extends Error {
  override readonly name = 'WorkError';
  abstract readonly code: WorkErrorCode;
  abstract readonly fix: string;
}

/** The folder, or the disk that it is on, is not writable. */
export class WorkReadOnlyError extends WorkError {
  readonly code = 'WORK_READ_ONLY';
  readonly fix: string;

  constructor(path: string, options?: ErrorOptions) {
    super(`${path} is not writable.`, options);
    this.fix =
      'Run chmod u+w on it, or choose other folders with LABS_WORK (copies) and LABS_STATE (the rest).';
  }
}

/** One of the learner's files is not readable, so it cannot be saved. */
export class WorkUnreadableError extends WorkError {
  readonly code = 'WORK_UNREADABLE';
  readonly fix = 'Change its permissions (chmod u+r), or move it out of the folder.';

  constructor(path: string, options?: ErrorOptions) {
    super(`${path} is not readable.`, options);
  }
}

/** The disk is full, or the quota is used up. */
export class DiskFullError extends WorkError {
  readonly code = 'DISK_FULL';
  readonly fix = 'Free some space and run the same command again. Your files are still there.';

  constructor(path: string, options?: ErrorOptions) {
    super(`The disk is full: ${path} could not be written.`, options);
  }
}

/** A file or folder that we did not make is where ours must go. */
export class WorkBlockedError extends WorkError {
  readonly code = 'WORK_BLOCKED';
  readonly fix = 'Move that file or folder away, and run the same command again.';

  constructor(path: string, options?: ErrorOptions) {
    super(
      `${path} cannot be created: a file is where a folder is needed, or a folder where a file is needed.`,
      options,
    );
  }
}

/** `--work` or `LABS_WORK` names a folder where copies would do harm. */
export class WorkMisplacedError extends WorkError {
  readonly code = 'WORK_MISPLACED';
  readonly fix = 'Name another folder with --work DIR or LABS_WORK.';

  constructor(workRoot: string, reason: string) {
    super(`Copies cannot be kept in ${workRoot}: ${reason}.`);
  }
}

/** There is no copy of the lab yet. */
export class CopyAbsentError extends WorkError {
  readonly code = 'COPY_ABSENT';
  readonly fix: string;

  constructor(lab: string) {
    super(`You have no copy of ${lab} yet.`);
    this.fix = `Make one: labs start ${lab}`;
  }
}

/** The path names no saved attempt of this lab. */
export class AttemptUnknownError extends WorkError {
  readonly code = 'ATTEMPT_UNKNOWN';
  readonly fix: string;

  constructor(path: string, folder: string) {
    super(`${path} is not a saved attempt of this lab.`);
    this.fix = `Name one of the folders in ${folder}.`;
  }
}

/** The learner's files changed after they were read. */
export class WorkChangedError extends WorkError {
  readonly code = 'WORK_CHANGED';
  readonly fix = 'Save everything in your editor, and run the same command again.';

  constructor(lab: string) {
    super(`The files of ${lab} changed during the command. None of them was overwritten.`);
  }
}

/** Another command holds the lock, and did not release it within the wait. */
export class StateBusyError extends WorkError {
  readonly code = 'STATE_BUSY';
  readonly fix: string;

  constructor(what: string, waitedMs: number, lockPath: string, options?: ErrorOptions) {
    super(`Another labs command has been using ${what} for ${waitedMs / 1000} s.`, options);
    this.fix = `Wait until it ends, or stop it. If none is running, delete ${lockPath}.`;
  }
}
