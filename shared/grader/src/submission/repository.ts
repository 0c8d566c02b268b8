import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GraderError } from '../errors.ts';
import { git } from '../git.ts';
import { Collector, LIMITS, type Submission } from './files.ts';

/** One commit of a candidate's. */
export interface Commit {
  readonly id: string;
  /** ISO 8601, as the candidate's clock had it. */
  readonly at: string;
  readonly subject: string;
  /** Files, and lines added and removed. */
  readonly changes: string;
}

/** A bare copy of a candidate's repository, with none of its settings and hooks. */
export class Repository implements Disposable {
  readonly #dir: string;
  readonly #ours: boolean;

  private constructor(dir: string, ours: boolean) {
    this.#dir = dir;
    this.#ours = ours;
  }

  /** A bare copy that somebody else keeps. */
  static at(dir: string): Repository {
    return new Repository(dir, false);
  }

  /**
   * @param source a folder or a URL.
   * @throws GraderError `NO_SUBMISSION` when it cannot be cloned.
   */
  static async clone(source: string): Promise<Repository> {
    const dir = mkdtempSync(join(tmpdir(), 'labs-clone-'));
    try {
      const flags = ['--quiet', '--bare', '--no-local', '--template=', '--no-recurse-submodules'];
      await git(['clone', ...flags, '--', source, dir], dir);
    } catch (cause) {
      rmSync(dir, { recursive: true, force: true });
      if (cause instanceof GraderError) throw cause;
      throw new GraderError('NO_SUBMISSION', `git cannot clone ${source}. Check the address.`, {
        cause,
      });
    }
    return new Repository(dir, true);
  }

  /**
   * The last commit of the default branch, or the last one before an instant.
   *
   * @throws GraderError `NO_COMMIT`.
   */
  async last(before?: string): Promise<string> {
    // In seconds: git does not read the dates of every century.
    const seconds = Math.floor(Date.parse(before ?? '') / 1000);
    const until = before === undefined ? [] : [`--before=@${seconds}`];
    const found = await git(['rev-list', '-1', ...until, 'HEAD', '--'], this.#dir).catch(() => '');
    const id = found.toString().trim();
    if (id !== '') return id;
    const when = before === undefined ? '' : ` before ${before}`;
    throw new GraderError('NO_COMMIT', `The repository has no commit${when}. Ask the candidate.`);
  }

  async read(commit: string): Promise<Submission> {
    const collector = new Collector();
    const listed = await git(['ls-tree', '-r', '-l', '-z', '--full-tree', commit], this.#dir);
    const kept: { readonly path: string; readonly id: string }[] = [];
    for (const line of listed.toString().split('\0')) {
      const entry = /^(?<mode>\d+) \w+ (?<id>[0-9a-f]+) +(?<size>\d+|-)\t(?<path>.*)$/su.exec(line);
      if (!entry?.groups) continue;
      const { mode, id = '', size, path = '' } = entry.groups;
      const kind = mode === '100644' || mode === '100755' ? 'file' : 'other';
      const accepted = collector.accept(path, kind, Number(size) || 0);
      if (collector.full) break;
      if (accepted !== undefined) kept.push({ path: accepted, id });
    }
    const blobs = await this.#blobs(kept.map(({ id }) => id));
    for (const [at, { path }] of kept.entries()) collector.add(path, blobs[at] ?? Buffer.alloc(0));
    return collector.submission(commit);
  }

  /** The contents of objects, in one process: there are hundreds of files in a take-home. */
  async #blobs(ids: readonly string[]): Promise<Buffer[]> {
    const text = await git(['cat-file', '--batch'], this.#dir, `${ids.join('\n')}\n`);
    let at = 0;
    return ids.map(() => {
      const end = text.indexOf('\n', at);
      const size = Number(text.subarray(at, end).toString().split(' ')[2]);
      at = end + 1 + size + 1;
      return text.subarray(end + 1, end + 1 + size);
    });
  }

  /** The commits up to one, oldest first, the first 200. */
  async history(commit: string): Promise<Commit[]> {
    const format = '--format=%x01%H%x00%cI%x00%s%x00';
    const args = ['log', '--reverse', '--shortstat', format, `--max-count=${MOST_COMMITS}`];
    const text = await git([...args, commit, '--'], this.#dir);
    return text
      .toString()
      .split('\u0001')
      .slice(1)
      .map((part): Commit => {
        const [id = '', at = '', subject = '', changes = ''] = part.split('\0');
        return { id, at, subject: subject.slice(0, LIMITS.path), changes: changes.trim() };
      });
  }

  [Symbol.dispose](): void {
    if (this.#ours) rmSync(this.#dir, { recursive: true, force: true });
  }
}

const MOST_COMMITS = 200;
