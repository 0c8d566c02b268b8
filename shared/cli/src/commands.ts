import type { Commands, FlagInfo } from './command.ts';
import { JSON_FLAG, RULES } from './flags.ts';

const LAB = { name: 'lab', required: true } as const;
const A_LAB = { name: 'lab', required: false } as const;
const A_TASK = { name: 'task', required: false } as const;

const WORK_FLAG: FlagInfo = {
  type: 'string',
  value: 'DIR',
  help: 'folder of your copies (or LABS_WORK); default: work/',
};

/** Every command and its flags. The command's own module is loaded when it is called. */
export const COMMANDS: Commands = {
  start: {
    usage: 'start [lab]',
    summary: 'Open a lab at its first unfinished task, and watch it.',
    positionals: [A_LAB],
    flags: {
      work: WORK_FLAG,
      merge: { type: 'boolean', help: 'merge changes of the starter without asking' },
      'no-merge': { type: 'boolean', help: 'ignore changes of the starter without asking' },
    },
    example: 'labs start query-plans',
    load: () => import('./commands/start.ts'),
  },
  list: {
    usage: 'list',
    summary: 'List the labs, and your progress in each.',
    positionals: [],
    flags: { json: JSON_FLAG },
    example: 'labs list',
    load: () => import('./commands/list.ts'),
  },
  test: {
    usage: 'test <lab> [task]',
    summary: 'Test your copy of a lab, or one task of it.',
    positionals: [LAB, A_TASK],
    flags: {
      work: WORK_FLAG,
      json: JSON_FLAG,
      all: {
        type: 'boolean',
        help: 'print every failing test in full, not only one of each task',
      },
      logs: {
        type: 'boolean',
        help: 'print everything that the service wrote, not only its errors',
      },
      report: {
        type: 'string',
        value: 'DIR',
        help: 'write junit.xml and ctrf.json to this folder',
      },
    },
    example: 'labs test 1 2',
    load: () => import('./commands/test.ts'),
  },
  watch: {
    usage: 'watch <lab> [task]',
    summary: 'Test the open task, or a named one, at each save. Keys: r h d n p q, 1-9.',
    positionals: [LAB, A_TASK],
    flags: { work: WORK_FLAG },
    example: 'labs watch query-plans',
    load: () => import('./commands/watch.ts'),
  },
  run: {
    usage: 'run <lab>',
    summary: 'Serve your copy with real servers, and restart it at each save.',
    positionals: [LAB],
    flags: {
      work: WORK_FLAG,
      port: { type: 'string', value: 'N', help: 'port to serve on; default: 8080' },
      with: {
        type: 'string',
        multiple: true,
        value: 'SCRIPT',
        help: 'also run this script of package.json, with the same servers',
      },
      inspect: { type: 'boolean', help: 'listen for a debugger on 127.0.0.1:9229' },
    },
    example: 'labs run 1',
    load: () => import('./commands/run.ts'),
  },
  hint: {
    usage: 'hint <lab> [task]',
    takeHome: false,
    summary: 'Show the next hint for a task: a question, the mechanism, the shape.',
    positionals: [LAB, A_TASK],
    flags: {},
    example: 'labs hint 1 2',
    load: () => import('./commands/hint.ts'),
  },
  solution: {
    usage: 'solution <lab>',
    takeHome: false,
    summary: 'Show a solution, once your copy is green.',
    positionals: [LAB],
    flags: {
      work: WORK_FLAG,
      name: { type: 'string', value: 'NAME', help: 'the solution to show; default: reference' },
      diff: { type: 'boolean', help: 'show it as a diff from your copy' },
      spoil: { type: 'boolean', help: 'show it even if your copy is not green' },
    },
    example: 'labs solution 1 --diff',
    load: () => import('./commands/solution.ts'),
  },
  reset: {
    usage: 'reset <lab>',
    summary: 'Make a fresh copy of the starter. Your work is saved first.',
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
    summary: 'Show the points you have passed, and when.',
    positionals: [],
    flags: { json: JSON_FLAG },
    example: 'labs progress --json',
    load: () => import('./commands/progress.ts'),
  },
  psql: {
    usage: 'psql <lab>',
    summary: 'Open the database that the last failed run left behind.',
    positionals: [LAB],
    flags: { url: { type: 'boolean', help: 'only print its URL' } },
    example: 'labs psql 1',
    load: () => import('./commands/psql.ts'),
  },
  stack: {
    usage: 'stack up|down|status|logs [server...]',
    summary: 'Start, stop or list the servers, or print their logs.',
    positionals: [
      { name: 'action (up, down, status, logs)', required: true },
      { name: 'server', required: false, many: true },
    ],
    flags: { json: JSON_FLAG },
    example: 'labs stack status',
    load: () => import('./commands/stack.ts'),
  },
  images: {
    usage: 'images prepare',
    summary: 'Get an image engine ready; without a registry, make stand-ins for base images.',
    positionals: [{ name: 'action (prepare)', required: true }],
    flags: {},
    takeHome: false,
    example: 'labs images prepare',
    load: () => import('./commands/images.ts'),
  },
  doctor: {
    usage: 'doctor',
    summary: 'Show what this machine has, what can run here, and how to fix the rest.',
    positionals: [],
    flags: { json: JSON_FLAG },
    example: 'labs doctor',
    load: () => import('./commands/doctor.ts'),
  },
  verify: {
    usage: 'verify [lab]',
    takeHome: false,
    summary: 'Prove a lab: starter, solutions and misconceptions against every point.',
    positionals: [A_LAB],
    flags: {
      lab: { type: 'string', value: 'LAB', help: 'the lab, if it is not given as an argument' },
      changed: { type: 'boolean', help: 'only labs with changes since the last commit' },
      row: {
        type: 'string',
        multiple: true,
        value: 'NAME',
        help: 'only this row: starter, a solution, a design or a misconception; may be repeated',
      },
      task: {
        type: 'string',
        multiple: true,
        value: 'TASK',
        help: 'only this task and the tasks it needs; may be repeated',
      },
      repeat: {
        type: 'string',
        value: 'N',
        help: 'run every test N times; a verdict that differs is a failure',
      },
      workers: {
        type: 'string',
        value: 'N',
        help: 'rows to judge at the same time; default: two for each core',
      },
      seed: {
        type: 'string',
        value: 'S',
        help: 'seed of the drawn data in the first round; --repeat takes a new one each round',
      },
      edit: {
        type: 'string',
        value: 'NAME',
        help: 'lay out a misconception or design in a folder to edit; with --save, write its patch',
      },
      save: { type: 'boolean', help: 'with --edit: write the changes back as the patch' },
      rebase: {
        type: 'boolean',
        help: 'apply every patch of the lab again after a solution changed',
      },
      variants: {
        type: 'string',
        value: 'K',
        help: 'prove K variants: a sample of rows of each, and that their solutions differ',
      },
      full: { type: 'boolean', help: 'with --variants: every row of each variant' },
      sandbox: {
        type: 'boolean',
        help: 'run the programs of every row in the sandbox that `labs grade` uses',
      },
      write: {
        type: 'boolean',
        help: "record the proof in the lab, and the figures in README.md's table",
      },
      json: JSON_FLAG,
    },
    example: 'labs verify query-plans --repeat 20',
    load: () => import('./commands/verify.ts'),
  },
  vary: {
    usage: 'vary <lab>',
    takeHome: false,
    summary: 'Write a variant of a lab: other facts, other words, another task.',
    positionals: [LAB],
    flags: {
      seed: { type: 'string', value: 'S', help: 'seed that draws the variant' },
      to: {
        type: 'string',
        value: 'DIR',
        help: 'folder for the catalogue with the variant; default: variants/<number>-<hash>',
      },
      edit: {
        type: 'string',
        value: 'AXIS.OPTION',
        help: 'lay the lab out with an option, to edit; with --save, write the patch of the option',
      },
      save: { type: 'boolean', help: 'with --edit: write the changes back as the patch' },
      json: JSON_FLAG,
    },
    example: 'labs vary 7 --seed spring-12',
    load: () => import('./commands/vary.ts'),
  },
  pack: {
    usage: 'pack <lab>',
    takeHome: false,
    summary: 'Make a take-home: a repository for a candidate, with the visible tests.',
    positionals: [LAB],
    flags: {
      ...RULES,
      time: { type: 'string', value: 'TIME', help: 'the time box, such as 3h or 90m' },
      variant: {
        type: 'string',
        value: 'SEED',
        help: 'a variant of the lab, which this seed draws',
      },
      to: { type: 'string', value: 'DIR', help: 'the folder to make' },
      json: JSON_FLAG,
    },
    example: 'labs pack 7 --tasks 2,3,5 --time 3h --ai declared --to take-home',
    load: () => import('./commands/pack.ts'),
  },
  grade: {
    usage: 'grade [submission]',
    takeHome: false,
    summary: "Grade a candidate's folder, archive or git repository in a sandbox.",
    positionals: [{ name: 'submission', required: false }],
    flags: {
      pack: { type: 'string', value: 'DIR', help: 'the take-home as `labs pack` made it' },
      to: {
        type: 'string',
        value: 'DIR',
        help: 'folder for the result and the report; default: grades/<submission>',
      },
      deadline: {
        type: 'string',
        value: 'TIME',
        help: 'of a git repository: grade the last commit before this time (ISO 8601)',
      },
      seed: { type: 'string', value: 'S', help: 'seed of the data that the tests draw' },
      history: {
        type: 'boolean',
        help: 'of a git repository: judge some commits too, and show in the report how the points came',
      },
      commits: {
        type: 'string',
        value: 'N',
        help: 'with --history: judge at most N commits, the last one always; default: 5',
      },
      resume: { type: 'boolean', help: 'judge only what an earlier run could not judge' },
      check: {
        type: 'string',
        value: 'FILE',
        help: 'check a result.jws instead, and show who signed it',
      },
      json: JSON_FLAG,
    },
    example: 'labs grade ada.zip --pack take-home',
    load: () => import('./commands/grade.ts'),
  },
  class: {
    usage: 'class <command>',
    takeHome: false,
    summary: 'Give labs to a class: collect the repositories, grade them, show the marks.',
    group: () => import('./commands/class/commands.ts'),
  },
  mutate: {
    usage: 'mutate <lab>',
    takeHome: false,
    summary:
      'Judge small mistakes in a solution with the tests, and list those that no test catches.',
    positionals: [LAB],
    flags: {
      sample: { type: 'string', value: 'N', help: 'judge only N mutants; default: all' },
      seed: { type: 'string', value: 'S', help: 'seed that draws the sample; default: 1' },
      solution: { type: 'string', value: 'NAME', help: 'the solution; default: reference' },
      again: {
        type: 'boolean',
        help: 'judge again what was not killed, for instance after you added a test',
      },
      lanes: {
        type: 'string',
        value: 'N',
        help: 'mutants to judge at the same time; default: two for each core',
      },
      write: { type: 'boolean', help: "write the figures into README.md's table" },
      json: JSON_FLAG,
    },
    example: 'labs mutate query-plans --sample 50',
    load: () => import('./commands/mutate.ts'),
  },
  new: {
    usage: 'new <id>',
    takeHome: false,
    summary: 'Make the skeleton of a new lab.',
    positionals: [{ name: 'id (such as 40-rate-limits)', required: true }],
    flags: {},
    example: 'labs new 40-rate-limits',
    load: () => import('./commands/new.ts'),
  },
  check: {
    usage: 'check',
    takeHome: false,
    summary: 'Run everything that `npm test` checks: types, lint, prose, unit tests, every lab.',
    positionals: [],
    flags: {
      full: {
        type: 'boolean',
        help: 'run every unit test and verify every lab in full, even if its proof is up to date',
      },
      write: {
        type: 'boolean',
        help: 'record what is all as it must be: of unit tests in shared/proof.json, of labs as `verify --write`',
      },
    },
    example: 'npm test -- --full',
    listed: false,
    load: () => import('./commands/check.ts'),
  },
  bench: {
    usage: 'bench',
    takeHome: false,
    summary: 'Measure what the design promises, and compare it with the naive way.',
    positionals: [],
    flags: {
      runs: { type: 'string', value: 'N', help: 'samples of each measure; default: 15' },
      out: {
        type: 'string',
        value: 'FILE',
        help: 'file for the JSON; default: .labs/bench.json',
      },
      soak: {
        type: 'string',
        value: 'MINUTES',
        help: 'only this: watch a lab for so long while servers are killed',
      },
    },
    example: 'pnpm bench',
    listed: false,
    load: () => import('./commands/bench.ts'),
  },
};

/** The commands of a candidate's take-home: none that only authors and reviewers need. */
export function forCandidates(commands: Commands): Commands {
  return Object.fromEntries(
    Object.entries(commands).filter(([, { takeHome }]) => takeHome !== false),
  );
}
