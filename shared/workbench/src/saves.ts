import { watch } from 'chokidar';

/** Time without a change before a save counts, in ms: one save of an editor is several events. */
const SETTLE = 60;

/** Calls back after each save in a folder, except in `node_modules` and `.git`. */
export async function onSave(dir: string, saved: () => void): Promise<AsyncDisposable> {
  const watcher = watch(dir, {
    ignoreInitial: true,
    ignored: (path) => /[/\\](node_modules|\.git)([/\\]|$)/.test(path.slice(dir.length)),
  });
  let timer: NodeJS.Timeout | undefined;
  watcher.on('all', () => {
    clearTimeout(timer);
    timer = setTimeout(saved, SETTLE);
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  watcher.once('ready', resolve);
  await promise;
  return {
    async [Symbol.asyncDispose]() {
      clearTimeout(timer);
      await watcher.close();
    },
  };
}
