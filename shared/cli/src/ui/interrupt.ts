/** The person pressed Ctrl-C, and everything was stopped. Exit code 130. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  readonly code = 'INTERRUPTED';
}

/** Ctrl-C, a kill, and a terminal that closes. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Until it is disposed, Ctrl-C calls `stop`. A second Ctrl-C ends the process immediately. */
export function onInterrupt(
  stop: () => Promise<void>,
): Disposable & { readonly isInterrupted: boolean; throwIfInterrupted(): void } {
  let interrupted = false;
  const handler = () => {
    if (interrupted) process.exit(130);
    interrupted = true;
    process.stderr.write('\nStopping …\n');
    void stop();
  };
  for (const signal of SIGNALS) process.on(signal, handler);
  return {
    get isInterrupted() {
      return interrupted;
    },
    throwIfInterrupted() {
      if (interrupted) throw new Interrupted('Stopped.');
    },
    [Symbol.dispose]() {
      for (const signal of SIGNALS) process.off(signal, handler);
    },
  };
}
