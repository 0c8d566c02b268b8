import { parseArgs, type ParseArgsConfig } from 'node:util';
import type { Context } from './context.ts';
import { UsageError } from './errors.ts';

type Flags = NonNullable<ParseArgsConfig['options']>;
type Values = Record<string, string | boolean | (string | boolean)[] | undefined>;

export type Commands = Readonly<Record<string, CommandInfo | CommandGroup>>;

/** What the list of commands shows. */
interface Listed {
  readonly usage: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** `false`: only npm's scripts call it, and `labs --help` leaves it out. */
  readonly listed?: false;
  /** `false`: a take-home does not have it. */
  readonly takeHome?: false;
}

/** A command that has commands of its own, such as `labs class`. */
export interface CommandGroup extends Listed {
  /** Their table; loaded when one of them is called. */
  readonly group: () => Promise<{ readonly COMMANDS: Commands }>;
}

/** One command: its usage, flags and code. */
export interface CommandInfo extends Listed {
  /** Each flag, with its line of `--help`. */
  readonly flags: Readonly<Record<string, FlagInfo>>;
  readonly positionals: readonly Positional[];
  readonly example: string;
  readonly load: () => Promise<{ run: Run }>;
}

export interface Positional {
  readonly name: string;
  readonly required: boolean;
  /** Whether it may be given several times. Only of the last one. */
  readonly many?: true;
}

export interface FlagInfo {
  readonly type: 'string' | 'boolean';
  /** Whether it may be given several times. */
  readonly multiple?: true;
  readonly help: string;
  /** Placeholder of the value, e.g. `DIR`. */
  readonly value?: string;
}

/** Runs a command. Resolves with the exit code. */
export type Run = (args: Arguments, context: Context) => Promise<number>;

/** Positionals by place, flags by name. */
export class Arguments {
  readonly #values: Values;
  readonly positionals: readonly string[];

  constructor(values: Values, positionals: readonly string[]) {
    this.#values = values;
    this.positionals = positionals;
  }

  on(flag: string): boolean {
    return this.#values[flag] === true;
  }

  text(flag: string): string | undefined {
    const value = this.#values[flag];
    return typeof value === 'string' ? value : undefined;
  }

  /** The values of a flag that may be given several times. */
  texts(flag: string): readonly string[] {
    const value = this.#values[flag];
    return Array.isArray(value) ? value.filter((text) => typeof text === 'string') : [];
  }

  /** @throws UsageError unless it is a whole number from 1. */
  count(flag: string, fallback: number): number {
    const text = this.text(flag);
    if (text === undefined) return fallback;
    const count = Number(text);
    if (!Number.isInteger(count) || count < 1) {
      throw new UsageError(`--${flag} takes a whole number from 1, not "${text}".`);
    }
    return count;
  }
}

/**
 * @throws UsageError for an unknown flag, a missing value, a missing argument, or one too many.
 */
export function parse(name: string, info: CommandInfo, argv: readonly string[]): Arguments {
  const options: Flags = Object.fromEntries(
    Object.entries(info.flags).map(([flag, { type, multiple = false }]) => [
      flag,
      { type, multiple },
    ]),
  );
  let parsed;
  try {
    parsed = parseArgs({ args: [...argv], options, allowPositionals: true, strict: true });
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('. ')[0] : String(error);
    throw new UsageError(`${reason}. \`labs ${name} --help\` lists the flags.`, {
      cause: error,
    });
  }
  const { positionals } = parsed;
  const missing = info.positionals.find(
    ({ required }, at) => required && positionals[at] === undefined,
  );
  if (missing) throw new UsageError(`Which ${missing.name}? Usage: labs ${info.usage}`);
  const many = info.positionals.at(-1)?.many === true;
  const extra = many ? undefined : positionals[info.positionals.length];
  if (extra !== undefined)
    throw new UsageError(`"${extra}" is one argument too many. Usage: labs ${info.usage}`);
  return new Arguments(parsed.values, positionals);
}

/**
 * npm keeps flags before `--` for itself and says nothing. It leaves them in the environment.
 *
 * @throws UsageError with the command line that works.
 */
export function refuseSwallowed(
  { flags }: Pick<CommandInfo, 'flags'>,
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
): void {
  const script = env['npm_lifecycle_event'];
  if (script === undefined || env['npm_command'] === undefined) return;
  const swallowed = Object.keys(flags).find((flag) => {
    const kept = env[`npm_config_${flag.replaceAll('-', '_')}`];
    return kept !== undefined && !argv.some((word) => word.split('=')[0] === `--${flag}`);
  });
  if (swallowed === undefined) return;
  const before = ['start', 'test'].includes(script) ? `npm ${script}` : `npm run ${script}`;
  throw new UsageError(
    `npm kept --${swallowed} for itself. Put -- before the words for labs: ${before} -- …`,
  );
}
