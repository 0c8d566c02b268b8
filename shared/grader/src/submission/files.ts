import type { LeftOut } from '@backend-labs/protocol';

/** What a submission may hold. */
export const LIMITS = {
  /** Files, folders and links of the whole submission. */
  entries: 20_000,
  /** Bytes of one file. */
  file: 2 * 1024 ** 2,
  /** Bytes of all files that are kept. */
  all: 32 * 1024 ** 2,
  /** Bytes of an archive. */
  archive: 64 * 1024 ** 2,
  /** Bytes that an archive may unpack to, kept or not. */
  unpacked: 256 * 1024 ** 2,
  /** Characters of a path. */
  path: 300,
  /** Files that are listed as left out. */
  listed: 100,
} as const;

/** A candidate's file. */
export interface Submitted {
  readonly path: string;
  readonly bytes: Buffer;
}

/** The files of a submission, in memory: nothing of it is on the disk with a name that it chose. */
export interface Submission {
  /** By path, relative with `/`. */
  readonly files: ReadonlyMap<string, Buffer>;
  readonly leftOut: readonly LeftOut[];
  /** Of a git repository. */
  readonly commit?: string;
}

/** Never a candidate's work: what an install, git, our command or an editor made. */
const IGNORED = new Set(['.git', '.labs', 'node_modules', '.ds_store', 'thumbs.db', '__macosx']);

/** Collects a submission's entries, within the limits. */
export class Collector {
  readonly #files = new Map<string, Buffer>();
  readonly #leftOut: LeftOut[] = [];
  #entries = 0;
  #bytes = 0;

  /**
   * @param size its bytes: they count from now on.
   * @returns the path to keep the entry under; undefined: it is not wanted.
   */
  accept(raw: string, kind: 'file' | 'other', size: number): string | undefined {
    this.#entries += 1;
    const path = raw.replaceAll('\\', '/').replace(/^(?:\.\/)+/u, '');
    if (isIgnored(path)) return undefined;
    const why = this.#objection(path, kind, size);
    if (!why) {
      this.#bytes += size;
      return path;
    }
    this.#leaveOut(path, why);
    return undefined;
  }

  add(path: string, bytes: Buffer): void {
    this.#files.set(path, bytes);
  }

  get full(): boolean {
    return this.#entries > LIMITS.entries;
  }

  submission(commit?: string): Submission {
    return {
      files: withoutWrapper(this.#files),
      leftOut: this.#leftOut,
      ...(commit !== undefined && { commit }),
    };
  }

  #objection(path: string, kind: 'file' | 'other', size: number): LeftOut['why'] | undefined {
    if (kind === 'other' || !isPlain(path)) return 'not a file';
    if (this.full) return 'too many';
    return size > LIMITS.file || this.#bytes + size > LIMITS.all ? 'too large' : undefined;
  }

  #leaveOut(path: string, why: LeftOut['why']): void {
    if (this.#leftOut.length < LIMITS.listed) {
      this.#leftOut.push({ path: path.slice(0, LIMITS.path), why });
    }
  }
}

/** Control characters, and paths from the top of a disk. */
// oxlint-disable-next-line no-control-regex
const UNSAFE = /[\u0000-\u001f\u007f]|^\/|^[a-z]:/iu;

/** Relative, below the top, without parts that a file system or a terminal reads in a special way. */
function isPlain(path: string): boolean {
  if (path === '' || path.length > LIMITS.path || UNSAFE.test(path)) return false;
  return path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}

function isIgnored(path: string): boolean {
  return path.split('/').some((part) => IGNORED.has(part.toLowerCase()));
}

/** GitHub and most people put everything into one folder at the top of an archive. */
function withoutWrapper(files: ReadonlyMap<string, Buffer>): ReadonlyMap<string, Buffer> {
  const tops = new Set([...files.keys()].map((path) => path.split('/')[0]));
  const [top] = tops;
  if (tops.size !== 1 || top === undefined || top === 'work' || files.has(top)) return files;
  return new Map([...files].map(([path, bytes]) => [path.slice(top.length + 1), bytes]));
}
