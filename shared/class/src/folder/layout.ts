import { createHash } from 'node:crypto';
import { join } from 'node:path';

/** Ids name folders and files on every system, also where a file system ignores case. */
export const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/u;

/** Where everything of a class is, in its folder. */
export class Layout {
  readonly dir: string;
  readonly file: string;
  readonly roster: string;
  readonly overrides: string;
  /** What a running `labs class grade` says about the queue. */
  readonly progress: string;

  constructor(dir: string) {
    this.dir = dir;
    this.file = join(dir, 'class.yaml');
    this.roster = join(dir, 'roster.csv');
    this.overrides = join(dir, 'overrides.yaml');
    this.progress = join(dir, '.progress.json');
  }

  pack(assignment: string): string {
    return join(this.dir, 'packs', assignment);
  }

  /** One copy for each repository, even if several assignments are in it. */
  clone(student: string, source: string): string {
    const digest = createHash('sha256').update(source).digest('hex').slice(0, 12);
    return join(this.dir, '.clones', `${student}-${digest}.git`);
  }

  /** `submission.json`, and the collected files in `files/`. */
  submission(assignment: string, student: string): string {
    return join(this.dir, 'submissions', assignment, student);
  }

  /** What `labs grade` writes, and `job.json`: the job that the result is of. */
  grades(assignment: string, student: string): string {
    return join(this.dir, 'grades', assignment, student);
  }
}
