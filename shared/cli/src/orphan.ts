const LOOK_MS = 250;

/**
 * Calls back once when the process that started this one has died. A `kill -9` of the bootstrap does
 * not reach its children, and nothing else would end them.
 */
export function onOrphaned(orphaned: () => void): Disposable {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    orphaned();
  }, LOOK_MS);
  timer.unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
