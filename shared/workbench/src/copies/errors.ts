/** What can go wrong with a learner's files, by the one word a caller switches on. */
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

/** An expected failure. `message` says in one line what is wrong, `fix` in one line what to do. */
export abstract class WorkError extends Error {
  override readonly name = 'WorkError';
  abstract readonly code: WorkErrorCode;
  abstract readonly fix: string;
}

/** The folder, or the disk it is on, may not be written. */
export class WorkReadOnlyError extends WorkError {
  readonly code = 'WORK_READ_ONLY';
  readonly fix: string;

  constructor(path: string, options?: ErrorOptions) {
    super(`${path} may not be written.`, options);
    this.fix =
      'Make it writable, or choose other folders with LABS_WORK (copies) and LABS_STATE (the rest).';
  }
}

/** A file of the learner's may not be read, so it could not be saved either. */
export class WorkUnreadableError extends WorkError {
  readonly code = 'WORK_UNREADABLE';
  readonly fix = 'Give yourself leave to read it (chmod u+r), or move it out of the folder.';

  constructor(path: string, options?: ErrorOptions) {
    super(`${path} may not be read.`, options);
  }
}

/** No room left, or the quota is used up. */
export class DiskFullError extends WorkError {
  readonly code = 'DISK_FULL';
  readonly fix = 'Free some space and run the same command again; what you had is still there.';

  constructor(path: string, options?: ErrorOptions) {
    super(`The disk is full: ${path} could not be written.`, options);
  }
}

/** Something that is not ours stands where a file or folder has to go. */
export class WorkBlockedError extends WorkError {
  readonly code = 'WORK_BLOCKED';
  readonly fix = 'Move what is in the way, and run the same command again.';

  constructor(path: string, options?: ErrorOptions) {
    super(
      `${path} cannot be made: a file stands where a folder is needed, or the reverse.`,
      options,
    );
  }
}

/** `--work` or `LABS_WORK` names a place where copies would harm what is there. */
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
    this.fix = `labs start ${lab} makes one.`;
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

/** The learner's files are no longer those that were looked at. */
export class WorkChangedError extends WorkError {
  readonly code = 'WORK_CHANGED';
  readonly fix = 'Run the same command again when your editor has saved everything.';

  constructor(lab: string) {
    super(`The files of ${lab} changed meanwhile; nothing was written over them.`);
  }
}

/** Another command holds the lock and did not let go in time. */
export class StateBusyError extends WorkError {
  readonly code = 'STATE_BUSY';
  readonly fix: string;

  constructor(what: string, waitedMs: number, lockPath: string, options?: ErrorOptions) {
    super(`Another labs command has held ${what} for ${waitedMs / 1000} s.`, options);
    this.fix = `Wait for it to end, or stop it; if none is running, delete ${lockPath}.`;
  }
}
