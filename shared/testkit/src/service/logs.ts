import type { Program } from '@backend-labs/launcher';
import { jsonOrNothing } from '../json.ts';
import { eventually, type Patience } from '../wait/eventually.ts';

/** A line of JSON, as pino writes it. The fields that pino names are typed; all are in `fields`. */
export interface LogEntry {
  /** 10 trace, 20 debug, 30 info, 40 warn, 50 error, 60 fatal. */
  readonly level?: number;
  readonly msg?: string;
  /** Milliseconds since 1970. */
  readonly time?: number;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A moment in what a service wrote, see `Logs.mark`. */
export interface LogMark {
  readonly stdout: number;
  readonly stderr: number;
}

/** What a service wrote. Of each stream the last megabyte is kept. */
export class Logs {
  readonly #program: Pick<Program, 'stdout' | 'stderr'>;
  readonly #from: LogMark;

  constructor(
    program: Pick<Program, 'stdout' | 'stderr'>,
    from: LogMark = { stdout: 0, stderr: 0 },
  ) {
    this.#program = program;
    this.#from = from;
  }

  /** Now, for `since`. */
  mark(): LogMark {
    return { stdout: this.#program.stdout.position, stderr: this.#program.stderr.position };
  }

  /** Only what came after that moment, now and later. */
  since(mark: LogMark): Logs {
    return new Logs(this.#program, mark);
  }

  /** Lines as they came. */
  get stdout(): string[] {
    return this.#program.stdout.lines(this.#from.stdout);
  }

  get stderr(): string[] {
    return this.#program.stderr.lines(this.#from.stderr);
  }

  /** Bytes that were dropped because newer ones came. A test that counts lines needs 0. */
  get dropped(): number {
    return this.#program.stdout.dropped + this.#program.stderr.dropped;
  }

  /** The lines of stdout that are JSON objects. */
  get entries(): LogEntry[] {
    return this.stdout.flatMap((line) => parseLogLine(line) ?? []);
  }

  /** The first entry that `matches`, now or to come. `what` completes "Waited … for". */
  async waitFor(
    what: string,
    matches: (entry: LogEntry) => boolean,
    patience?: Patience,
  ): Promise<LogEntry> {
    return eventually(what, () => this.entries.find(matches), patience);
  }
}

/** Reads one line; `undefined` when it is not a JSON object. */
export function parseLogLine(line: string): LogEntry | undefined {
  if (!line.startsWith('{')) return undefined;
  const found = jsonOrNothing(line);
  if (typeof found !== 'object' || found === null) return undefined;
  const fields = found as Record<string, unknown>;
  const { level, msg, time } = fields;
  return {
    ...(typeof level === 'number' && { level }),
    ...(typeof msg === 'string' && { msg }),
    ...(typeof time === 'number' && { time }),
    fields,
  };
}
