import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { matchesGlob, relative, sep } from 'node:path';
import { watch, type FSWatcher } from 'chokidar';
import { ignoredBy } from './ignored.ts';

/** Time without a change before a save counts, in ms: one save of an editor is several events. */
const SETTLE = 60;

/** Milliseconds between two looks where the system does not report changes. */
const POLL = 300;

/** In a row, without a save of anything else: then a file is the program's own output. */
const OWN_WRITES = 3;

/** What a learner writes. A program does not write there. */
export const SOURCES = ['src/**', 'migrations/**', 'package.json', 'tsconfig.json'];

/**
 * Calls back after each save in a folder: when the content of a file has changed, appeared or gone.
 * Files that git ignores, logs and the temporary files of editors do not count; neither does a file
 * outside of the sources that only the program itself keeps writing.
 */
export async function onSave(dir: string, saved: () => void): Promise<AsyncDisposable> {
  const ignored = await ignoredBy(dir);
  const contents = new Map<string, string>();
  const outputs = new OwnWrites();
  const touched = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  const look = async () => {
    const paths = [...touched];
    touched.clear();
    const changed: string[] = [];
    for (const path of paths) {
      const content = await contentOf(path);
      if (contents.get(path) !== content) changed.push(relative(dir, path).replaceAll(sep, '/'));
      contents.set(path, content);
    }
    if (!closed && changed.length > 0 && outputs.isSave(changed)) saved();
  };
  const touch = (path: string) => {
    touched.add(path);
    clearTimeout(timer);
    timer = setTimeout(() => void look(), SETTLE);
  };
  const known = async (path: string) => void contents.set(path, await contentOf(path));
  const watcher = await open(dir, ignored, known, touch);
  return {
    async [Symbol.asyncDispose]() {
      closed = true;
      clearTimeout(timer);
      await watcher.close();
    },
  };
}

/** Tells a person's saves from files that the program writes each time it runs. */
class OwnWrites {
  readonly #muted = new Set<string>();
  #last = '';
  #times = 0;

  isSave(changed: readonly string[]): boolean {
    const rest = changed.filter((path) => !this.#muted.has(path));
    const [only = ''] = rest;
    if (rest.length === 0) return false;
    if (rest.length > 1 || SOURCES.some((pattern) => matchesGlob(only, pattern))) {
      this.#last = '';
      return true;
    }
    this.#times = only === this.#last ? this.#times + 1 : 1;
    this.#last = only;
    if (this.#times > OWN_WRITES) this.#muted.add(only);
    return this.#times <= OWN_WRITES;
  }
}

/** `gone` for a file that is not there: it was deleted, or is about to be replaced. */
async function contentOf(path: string): Promise<string> {
  try {
    return createHash('sha256')
      .update(await readFile(path))
      .digest('hex');
  } catch {
    return 'gone';
  }
}

/** Resolves when everything in the folder is known. */
async function open(
  dir: string,
  ignored: (path: string) => boolean,
  known: (path: string) => Promise<void>,
  touch: (path: string) => void,
): Promise<Pick<FSWatcher, 'close'>> {
  let current: FSWatcher | undefined;
  const start = async (usePolling: boolean): Promise<void> => {
    const first: Promise<void>[] = [];
    const options = { ignored, usePolling, interval: POLL, alwaysStat: false };
    const watcher = watch(dir, options);
    current = watcher;
    let isReady = false;
    const { promise, resolve } = Promise.withResolvers<void>();
    watcher.on('all', (event, path) => {
      if (event === 'addDir' || event === 'unlinkDir') return;
      if (isReady) touch(path);
      else first.push(known(path));
    });
    watcher.once('ready', resolve);
    // No watches are left on this machine (ENOSPC), or too many files are open: it looks by itself.
    watcher.on('error', () => {
      resolve();
      if (usePolling || current !== watcher) return;
      polling ??= watcher.close().then(() => start(true));
    });
    await promise;
    isReady = true;
    await Promise.all(first);
  };
  let polling: Promise<void> | undefined;
  await start(false);
  await polling;
  return { close: async () => current?.close() };
}
