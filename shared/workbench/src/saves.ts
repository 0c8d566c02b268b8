import { watch } from 'chokidar';

/** Quiet time after the last change, in ms: an editor's save is several events. */
const SETTLE = 60;

/** Calls back after each save under a folder, `node_modules` left out. */
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
