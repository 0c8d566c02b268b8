import type { FlagInfo } from './command.ts';

export const JSON_FLAG: FlagInfo = { type: 'boolean', help: 'print JSON' };

/** What a pack asks for and what it counts, for `pack` and for `class assign`. */
export const RULES = {
  tasks: {
    type: 'string',
    value: 'N,N',
    help: 'only these tasks and the tasks they need; default: all',
  },
  weight: {
    type: 'string',
    value: 'N.N=W,N=W',
    help: 'what a point counts, or each point of a task, such as 2.3=3,4=2; default: 1',
  },
  ai: {
    type: 'string',
    value: 'POLICY',
    help: 'allowed, declared or forbidden; default: declared',
  },
  'allow-dependencies': {
    type: 'boolean',
    help: 'packages of the npm registry may be added; default: new ones are not installed',
  },
} as const satisfies Record<string, FlagInfo>;
