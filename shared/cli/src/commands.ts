import type { CommandInfo, FlagInfo } from './command.ts';

const LAB = { name: 'lab', required: true } as const;
const A_LAB = { name: 'lab', required: false } as const;
const A_TASK = { name: 'task', required: false } as const;

const JSON_FLAG: FlagInfo = { type: 'boolean', help: 'print JSON, for a machine' };
const WORK_FLAG: FlagInfo = {
  type: 'string',
  value: 'DIR',
  help: 'where your copies are (or LABS_WORK); default: work/',
};

/** Every command and its flags. The command's own module is loaded when it is called. */
export const COMMANDS: Readonly<Record<string, CommandInfo>> = {
  start: {
    usage: 'start [lab]',
    summary: 'Open a lab at its first unfinished task, and watch it.',
    positionals: [A_LAB],
    flags: {
      work: WORK_FLAG,
      merge: { type: 'boolean', help: 'take in changes of the starter, without asking' },
      'no-merge': { type: 'boolean', help: 'leave changes of the starter out, without asking' },
    },
    example: 'labs start query-plans',
    load: () => import('./commands/start.ts'),
  },
  list: {
    usage: 'list',
    summary: 'All labs, and how far you are.',
    positionals: [],
    flags: { json: JSON_FLAG },
    example: 'labs list',
    load: () => import('./commands/list.ts'),
  },
  test: {
    usage: 'test <lab> [task]',
    summary: 'Run the tests of a lab, or of one task, against your copy.',
    positionals: [LAB, A_TASK],
    flags: {
      work: WORK_FLAG,
      json: JSON_FLAG,
      all: {
        type: 'boolean',
        help: 'print each failing test in full, not only the first of a task',
      },
      logs: {
        type: 'boolean',
        help: 'print all that the service said of a failed task, not only its errors',
      },
      report: { type: 'string', value: 'DIR', help: 'write junit.xml and ctrf.json there' },
    },
    example: 'labs test 1 2',
    load: () => import('./commands/test.ts'),
  },
  watch: {
    usage: 'watch <lab>',
    summary: 'Run the open task again at each save. Keys: r h d n p q.',
    positionals: [LAB],
    flags: { work: WORK_FLAG },
    example: 'labs watch query-plans',
    load: () => import('./commands/watch.ts'),
  },
  run: {
    usage: 'run <lab>',
    summary: 'Serve your copy with real servers, restarting at each save.',
    positionals: [LAB],
    flags: {
      work: WORK_FLAG,
      port: { type: 'string', value: 'N', help: 'port to serve on; default: 8080' },
      with: {
        type: 'string',
        multiple: true,
        value: 'SCRIPT',
        help: 'run that script of package.json, too, with the same servers',
      },
      inspect: { type: 'boolean', help: 'listen for a debugger on 127.0.0.1:9229' },
    },
    example: 'labs run 1',
    load: () => import('./commands/run.ts'),
  },
  hint: {
    usage: 'hint <lab> [task]',
    summary: 'The next hint for a task: a question, the mechanism, the shape.',
    positionals: [LAB, A_TASK],
    flags: {},
    example: 'labs hint 1 2',
    load: () => import('./commands/hint.ts'),
  },
  solution: {
    usage: 'solution <lab>',
    summary: 'How others solved it; once it is green.',
    positionals: [LAB],
    flags: {
      work: WORK_FLAG,
      name: { type: 'string', value: 'NAME', help: 'which one; default: reference' },
      diff: { type: 'boolean', help: 'as a diff from your copy' },
      spoil: { type: 'boolean', help: 'before it is green, too' },
    },
    example: 'labs solution 1 --diff',
    load: () => import('./commands/solution.ts'),
  },
  reset: {
    usage: 'reset <lab>',
    summary: 'A fresh copy of the starter. Your work is saved first.',
    positionals: [LAB],
    flags: {
      work: WORK_FLAG,
      restore: { type: 'string', value: 'DIR', help: 'bring back a saved attempt instead' },
    },
    example: 'labs reset 1',
    load: () => import('./commands/reset.ts'),
  },
  progress: {
    usage: 'progress',
    summary: 'What you have passed, and when.',
    positionals: [],
    flags: { json: JSON_FLAG },
    example: 'labs progress --json',
    load: () => import('./commands/progress.ts'),
  },
  psql: {
    usage: 'psql <lab>',
    summary: 'A prompt in the database that the last failed run left behind.',
    positionals: [LAB],
    flags: { url: { type: 'boolean', help: 'only print its URL' } },
    example: 'labs psql 1',
    load: () => import('./commands/psql.ts'),
  },
  stack: {
    usage: 'stack up|down|status|logs [server...]',
    summary: 'Postgres, Redis, RabbitMQ and Kafka: start, stop, look.',
    positionals: [
      { name: 'action (up, down, status, logs)', required: true },
      ...Array.from({ length: 4 }, () => ({ name: 'server', required: false })),
    ],
    flags: { json: JSON_FLAG },
    example: 'labs stack status',
    load: () => import('./commands/stack.ts'),
  },
  doctor: {
    usage: 'doctor',
    summary: 'What this machine has, what can run here, and what would fix the rest.',
    positionals: [],
    flags: { json: JSON_FLAG },
    example: 'labs doctor',
    load: () => import('./commands/doctor.ts'),
  },
  verify: {
    usage: 'verify [lab]',
    summary: 'Prove a lab: starter, solutions and misconceptions against every point.',
    positionals: [A_LAB],
    flags: {
      lab: { type: 'string', value: 'LAB', help: 'the same as the word' },
      changed: { type: 'boolean', help: 'only labs with changes since the last commit' },
      row: {
        type: 'string',
        multiple: true,
        value: 'NAME',
        help: 'only this row: starter, a solution or a misconception; again for more',
      },
      task: {
        type: 'string',
        multiple: true,
        value: 'TASK',
        help: 'only this task and what it needs; again for more',
      },
      repeat: {
        type: 'string',
        value: 'N',
        help: 'run each cell N times; one that differs is a failure',
      },
      workers: {
        type: 'string',
        value: 'N',
        help: 'rows at a time; default: two for each core',
      },
      seed: {
        type: 'string',
        value: 'S',
        help: 'draw the data of the first round from this; --repeat draws a new one each round',
      },
      edit: {
        type: 'string',
        value: 'NAME',
        help: 'lay a misconception or design out in a folder to edit; with --save, write its patch',
      },
      save: { type: 'boolean', help: 'with --edit: write what was changed back as the patch' },
      rebase: {
        type: 'boolean',
        help: 'bring every patch of the lab up to date after its solution changed',
      },
      write: { type: 'boolean', help: "write the figures into README.md's table" },
      json: JSON_FLAG,
    },
    example: 'labs verify query-plans --repeat 20',
    load: () => import('./commands/verify.ts'),
  },
  new: {
    usage: 'new <id>',
    summary: 'The skeleton of a new lab.',
    positionals: [{ name: 'id (such as 33-rate-limits)', required: true }],
    flags: {},
    example: 'labs new 33-rate-limits',
    load: () => import('./commands/new.ts'),
  },
  check: {
    usage: 'check',
    summary: 'Everything that `npm test` checks: types, lint, unit tests, every lab.',
    positionals: [],
    flags: {},
    example: 'npm test',
    listed: false,
    load: () => import('./commands/check.ts'),
  },
  bench: {
    usage: 'bench',
    summary: 'Measure what the design promises, each beside the naive way.',
    positionals: [],
    flags: {
      runs: { type: 'string', value: 'N', help: 'samples of each; default: 15' },
      out: {
        type: 'string',
        value: 'FILE',
        help: 'where the JSON goes; default: .labs/bench.json',
      },
    },
    example: 'pnpm bench',
    listed: false,
    load: () => import('./commands/bench.ts'),
  },
};
