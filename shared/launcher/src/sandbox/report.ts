import type { Readable } from 'node:stream';
import type { Exit } from '../start-process.ts';

/** What the inside reports. */
export interface Report {
  /** The program is about to start. */
  readonly ready?: boolean;
  /** The ports on which the program listens now. */
  readonly up?: readonly number[];
  readonly exit?: Exit;
  /** Why the program could not be started. */
  readonly refused?: string;
  /** Of all processes in the sandbox: resident memory in bytes. */
  readonly use?: { readonly bytes: number };
  /** What the program's folder holds. */
  readonly disk?: { readonly bytes: number; readonly files: number };
}

/** Far above any report. The program can write here too, with some effort. */
const LONGEST = 64 * 1024;

/** Calls `hear` with each report, one JSON object a line. What is not a report is left out. */
export function onReport(control: Readable, hear: (report: Report) => void): void {
  let rest = '';
  control.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split('\n');
    rest = (lines.pop() ?? '').slice(0, LONGEST);
    for (const line of lines) hear(read(line));
  });
}

function read(line: string): Report {
  let said: unknown;
  try {
    said = JSON.parse(line);
  } catch {
    return {};
  }
  if (!isObject(said)) return {};
  const { ready, up, exit, refused, use, disk } = said;
  return {
    ...(ready === true && { ready }),
    ...(Array.isArray(up) && { up: up.filter((port) => typeof port === 'number') }),
    ...(isObject(exit) && { exit: exitOf(exit) }),
    ...(typeof refused === 'string' && { refused }),
    ...(isObject(use) && { use: { bytes: Number(use['bytes']) } }),
    ...(isObject(disk) && {
      disk: { bytes: Number(disk['bytes']), files: Number(disk['files']) },
    }),
  };
}

function exitOf({ code, signal }: Readonly<Record<string, unknown>>): Exit {
  if (typeof signal === 'string' && /^SIG[A-Z0-9]+$/u.test(signal)) {
    return { code: null, signal: signal as NodeJS.Signals };
  }
  return { code: typeof code === 'number' ? code : 1, signal: null };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
