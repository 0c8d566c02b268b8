import type { GradeResult } from '@backend-labs/protocol';

/** A line of the roster. */
export interface Student {
  /** Unique in a class; it names folders: letters, digits, `.`, `_` and `-`. */
  readonly id: string;
  readonly name: string;
  readonly email?: string;
  /** A git URL or a folder. */
  readonly repository?: string;
}

/** What students hand in: a pack of one lab, or of some of its tasks. */
export interface Assignment {
  /** Unique in a class; it names folders. */
  readonly id: string;
  readonly title: string;
  /** Lab id. */
  readonly lab: string;
  /** ISO 8601, UTC. */
  readonly due: string;
  readonly late: LatePolicy;
}

export interface LatePolicy {
  /** Hours after `due` in which a commit still counts. */
  readonly hours: number;
  /** Share of the score that each begun day costs, 0 to 1. */
  readonly perDay: number;
}

/**
 * - `no submission`: collected, and there was no commit before the deadline
 * - `not judged`: a server, the machine or our own code was at fault; it has no score
 */
export type WorkState =
  | 'not collected'
  | 'no submission'
  | 'collected'
  | 'queued'
  | 'grading'
  | 'graded'
  | 'not judged';

/** A mark that a person has set. It outlives every regrade. */
export interface Override {
  readonly points: number;
  readonly why: string;
  readonly by: string;
  /** ISO 8601, UTC. */
  readonly at: string;
}

/** What counts in the end: the score less the late penalty, or what a person has set. */
export interface Mark {
  readonly points: number;
  readonly of: number;
  /** Points that lateness cost. */
  readonly penalty: number;
  readonly overridden: boolean;
}

/** Everything that is known of one student's work on one assignment. */
export interface ClassRecord {
  readonly student: Student;
  readonly assignment: Assignment;
  readonly state: WorkState;
  /** Why it is `not collected`, `no submission` or `not judged`; one line, which may quote a student. */
  readonly note?: string;
  readonly submission?: {
    readonly commit?: string;
    /** When the commit was made. ISO 8601, UTC. */
    readonly at?: string;
    /** Seconds after `due`; 0 when in time. */
    readonly lateSeconds: number;
    /** The folder with the collected files. */
    readonly dir: string;
  };
  readonly result?: GradeResult;
  readonly override?: Override;
  /** Left out while there is no score. */
  readonly mark?: Mark;
}
