import type { Fault } from './lint.ts';

/** The faults of a run, parted by the list of files that are not rewritten yet. */
export interface Parted {
  /** Faults in files that the list does not name. */
  readonly faults: readonly Fault[];
  /** Faults that the list excuses. */
  readonly excused: readonly Fault[];
  /** Entries that excuse nothing any more. */
  readonly clean: readonly string[];
}

/** Reads the list: one file or folder a line, from the root; `#` begins a comment. */
export function readNotYet(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((line) => line !== '');
}

/** Excuses faults in listed files, and finds the entries that the list no longer needs. */
export function partByNotYet(faults: readonly Fault[], entries: readonly string[]): Parted {
  const covers = (entry: string, { path }: Fault) =>
    path === entry || path.startsWith(`${entry.replace(/\/$/, '')}/`);
  return {
    faults: faults.filter((fault) => !entries.some((entry) => covers(entry, fault))),
    excused: faults.filter((fault) => entries.some((entry) => covers(entry, fault))),
    clean: entries.filter((entry) => !faults.some((fault) => covers(entry, fault))),
  };
}
