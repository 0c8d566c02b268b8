import type { ServiceEvidence } from '@backend-labs/protocol';
import { setTimeout as sleep } from 'node:timers/promises';
import { type LogEntry, type LogMark, type Logs, parseLogLine } from './logs.ts';

const MOST_ERRORS = 20;
/** Of each stream of each service. */
const MOST_TAIL = 20;
const MOST_STACK = 8;
const LONGEST_LINE = 500;
const ERROR_LEVEL = 50;
const LEVELS: Readonly<Record<number, string>> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
};

interface Source {
  readonly name: string;
  readonly logs: Logs;
  readonly running: boolean;
}

const LOOK_MS = 5;
const LATE_MS = 60;

const START: LogMark = { stdout: 0, stderr: 0 };

// Of this worker, with what each had written when the test began; tests of a worker run in turn.
const sources = new Map<Source, LogMark>();

/** From now on the service's words are part of the evidence. */
export function watchOver(source: Source): void {
  sources.set(source, START);
}

/** Called before each test: what was said before has nothing to do with it. */
export function turnPage(): void {
  for (const source of sources.keys()) {
    if (source.running) sources.set(source, source.logs.mark());
    else sources.delete(source);
  }
}

/**
 * What the services have said during the test, or `undefined` when they were silent. Waits a moment
 * for an error line: many services log a request only when they have answered it.
 */
export async function evidence(): Promise<ServiceEvidence | undefined> {
  const begun = performance.now();
  for (;;) {
    // At least one turn of the event loop, in which what is in the pipes already is read.
    await sleep(LOOK_MS);
    const found = collect();
    if (found?.errors.length || performance.now() - begun > LATE_MS) return found;
  }
}

function collect(): ServiceEvidence | undefined {
  const said = [...sources]
    .map(([{ name, logs }, mark]) => ({ name, logs: logs.since(mark) }))
    .map(({ name, logs }) => ({ name, errors: lastErrors(logs), tail: tail(logs) }))
    .filter(({ errors, tail: lines }) => errors.length + lines.length > 0);
  if (said.length === 0) return undefined;
  const label = (name: string, lines: string[]): string[] =>
    said.length > 1 ? lines.map((line) => `${name}: ${line}`) : lines;
  return {
    errors: said.flatMap(({ name, errors }) => label(name, errors)).slice(-MOST_ERRORS),
    tail: said.flatMap(({ name, tail: lines }) => label(name, lines)),
  };
}

interface Said {
  readonly entries: readonly LogEntry[];
  readonly stderr: readonly string[];
}

/** The last error lines of one service, readable: JSON unfolded, stacks cut short. */
export function lastErrors(logs: Said): string[] {
  const logged = logs.entries
    .filter(({ level }) => level !== undefined && level >= ERROR_LEVEL)
    .slice(-MOST_ERRORS)
    .flatMap(readable);
  return [
    ...logged,
    ...logs.stderr.filter((line) => line.trim() !== '' && isOwn(line) && !isUnset(line)).map(cut),
  ].slice(-MOST_ERRORS);
}

/** The last lines of stdout, and then those of stderr: which came first is not known. */
function tail({ stdout, stderr }: Logs): string[] {
  const out = stdout.slice(-MOST_TAIL).flatMap((line) => {
    const entry = parseLogLine(line);
    return entry?.msg === undefined ? cut(line) : readable(entry);
  });
  const spoken = stderr.filter((line) => line.trim() !== '');
  return [...out.slice(-MOST_TAIL), ...spoken.slice(-MOST_TAIL).map(cut)];
}

function readable({ level, msg, fields }: LogEntry): string[] {
  const head = `${LEVELS[level ?? 0] ?? level ?? 'log'}  ${msg ?? ''}`;
  const { err } = fields;
  const stack =
    typeof err === 'object' && err !== null && 'stack' in err && typeof err.stack === 'string'
      ? err.stack.split('\n').filter(isOwn).slice(0, MOST_STACK)
      : [];
  return [head, ...stack.map((line) => `  ${line}`)].map(cut);
}

/** A stack's message and the frames in the service's own code. */
function isOwn(line: string): boolean {
  return !/^\s+at .*(?:node_modules|node:)/u.test(line);
}

/** A field without a value. Node prints ten of them under an error of pg's. */
function isUnset(line: string): boolean {
  return /^\s+\w+: undefined,?$/u.test(line);
}

function cut(line: string): string {
  return line.length > LONGEST_LINE ? `${line.slice(0, LONGEST_LINE)}…` : line;
}
