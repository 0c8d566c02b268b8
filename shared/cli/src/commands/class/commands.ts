import type { Commands, FlagInfo } from '../../command.ts';
import { JSON_FLAG, RULES } from '../../flags.ts';

const DIR = { name: 'class folder', required: true } as const;
const A_DIR = { name: 'class folder', required: false } as const;

const ASSIGNMENT: FlagInfo = {
  type: 'string',
  multiple: true,
  value: 'ID',
  help: 'only this assignment; may be repeated',
};
const STUDENT: FlagInfo = {
  type: 'string',
  multiple: true,
  value: 'ID',
  help: 'only this student; may be repeated',
};
const REDIS: FlagInfo = {
  type: 'string',
  value: 'URL',
  help: 'the Redis of the queue, such as rediss://:secret@queue.example.org; default: one of our own',
};
const WORKERS: FlagInfo = {
  type: 'string',
  value: 'N',
  help: 'workers on this machine, 0 for none; default: 1',
};

/** Every command of `labs class`. A class is a folder; left out, it is the current one. */
export const COMMANDS: Commands = {
  init: {
    usage: 'class init <dir>',
    summary: 'Make the folder of a class from a roster.',
    positionals: [{ name: 'dir', required: true }],
    flags: {
      roster: {
        type: 'string',
        value: 'FILE',
        help: 'CSV with the columns id, name, and if you like email and repository',
      },
      title: { type: 'string', value: 'TITLE', help: 'the name of the class' },
      repositories: {
        type: 'string',
        value: 'PATTERN',
        help: 'where the repositories are, such as https://git.example.org/{assignment}-{student}.git',
      },
    },
    example: 'labs class init course --roster roster.csv --title "Backend, autumn"',
    load: () => import('./init.ts'),
  },
  assign: {
    usage: 'class assign <dir> <lab>',
    summary: 'Add an assignment: pack a lab, with a due date.',
    positionals: [DIR, { name: 'lab', required: true }],
    flags: {
      due: { type: 'string', value: 'TIME', help: 'when it is due (ISO 8601)' },
      ...RULES,
      id: {
        type: 'string',
        value: 'ID',
        help: 'its name in this class; default: the id of the lab',
      },
      title: { type: 'string', value: 'TITLE', help: 'default: the title of the lab' },
      'late-hours': {
        type: 'string',
        value: 'N',
        help: 'hours after the due date in which a commit still counts; default: 0',
      },
      'late-per-day': {
        type: 'string',
        value: 'PERCENT',
        help: 'what each begun day costs, in per cent of the score; default: 0',
      },
    },
    example: 'labs class assign course 7 --tasks 2,3 --due 2026-12-11T18:00Z --late-hours 48',
    load: () => import('./assign.ts'),
  },
  collect: {
    usage: 'class collect [dir]',
    summary: 'Take the last commit before the deadline of every student.',
    positionals: [A_DIR],
    flags: {
      assignment: ASSIGNMENT,
      student: STUDENT,
      again: {
        type: 'boolean',
        help: 'also look again at submissions that were collected after the deadline',
      },
      json: JSON_FLAG,
    },
    example: 'labs class collect course',
    load: () => import('./collect.ts'),
  },
  grade: {
    usage: 'class grade [dir]',
    summary: 'Grade what was collected and has no result yet, by workers on a queue.',
    positionals: [A_DIR],
    flags: {
      assignment: ASSIGNMENT,
      student: STUDENT,
      workers: WORKERS,
      redis: REDIS,
      json: JSON_FLAG,
    },
    example: 'labs class grade course --workers 2',
    load: () => import('./grade.ts'),
  },
  regrade: {
    usage: 'class regrade [dir]',
    summary: 'Grade again what has a result. Marks that a person has set stay.',
    positionals: [A_DIR],
    flags: {
      assignment: ASSIGNMENT,
      student: STUDENT,
      workers: WORKERS,
      redis: REDIS,
      json: JSON_FLAG,
    },
    example: 'labs class regrade course --assignment 07-idempotent-retries',
    load: () => import('./regrade.ts'),
  },
  worker: {
    usage: 'class worker',
    summary: 'Take jobs from the queue, on this or another machine, until Ctrl-C.',
    positionals: [],
    flags: { redis: REDIS },
    example: 'labs class worker --redis rediss://:secret@queue.example.org',
    load: () => import('./worker.ts'),
  },
  status: {
    usage: 'class status [dir]',
    summary: 'Show students by assignments: what was collected, graded, and the marks.',
    positionals: [A_DIR],
    flags: {
      assignment: ASSIGNMENT,
      student: STUDENT,
      watch: { type: 'boolean', help: 'keep showing it as it changes, until Ctrl-C' },
      json: JSON_FLAG,
    },
    example: 'labs class status course --watch',
    load: () => import('./status.ts'),
  },
  report: {
    usage: 'class report [dir]',
    summary:
      'Write one page: students by points, where they are stuck, lessons, late and similar work.',
    positionals: [A_DIR],
    flags: {
      assignment: ASSIGNMENT,
      student: STUDENT,
      to: { type: 'string', value: 'FILE', help: 'the page; default: report.html in the class' },
    },
    example: 'labs class report course',
    load: () => import('./report.ts'),
  },
  export: {
    usage: 'class export [dir]',
    summary: 'Write the results for Gradescope, PrairieLearn, Classroom 50, CI or an LMS.',
    positionals: [A_DIR],
    flags: {
      format: {
        type: 'string',
        value: 'FORMAT',
        help: 'csv, gradescope, prairielearn, classroom50, ctrf, junit or github-workflow',
      },
      assignment: ASSIGNMENT,
      student: STUDENT,
      classroom: {
        type: 'string',
        value: 'NAME',
        help: 'classroom50: the short name of the classroom; default: as in the repositories',
      },
      to: {
        type: 'string',
        value: 'DIR',
        help: 'folder for the files; default: exports/<format> in the class',
      },
      json: JSON_FLAG,
    },
    example: 'labs class export course --format csv',
    load: () => import('./export.ts'),
  },
  override: {
    usage: 'class override <dir> <assignment> <student>',
    summary: 'Set a mark by hand. It outlives every regrade.',
    positionals: [DIR, { name: 'assignment', required: true }, { name: 'student', required: true }],
    flags: {
      points: { type: 'string', value: 'N', help: 'the points that count' },
      why: { type: 'string', value: 'TEXT', help: 'the reason' },
      by: {
        type: 'string',
        value: 'NAME',
        help: 'the person that decided; default: your user name',
      },
      remove: { type: 'boolean', help: 'take it back' },
    },
    example: 'labs class override course 07-idempotent-retries ada --points 12 --why "power cut"',
    load: () => import('./override.ts'),
  },
};
