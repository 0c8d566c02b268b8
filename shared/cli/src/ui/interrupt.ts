/** The person pressed Ctrl-C, and everything was stopped. Exit code 130. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  readonly code = 'INTERRUPTED';
}

/** Until it is disposed, Ctrl-C calls `stop`. A second Ctrl-C ends the process immediately. */
export function onInterrupt(
  stop: () => Promise<void>,
): Disposable & { throwIfInterrupted(): void } {
  let interrupted = false;
  const handler = () => {
    if (interrupted) process.exit(130);
    interrupted = true;
    process.stderr.write('\nStopping …\n');
    void stop();
  };
  process.on('SIGINT', handler);
  process.on('SIGTERM', handler);
  return {
    throwIfInterrupted() {
      if (interrupted) throw new Interrupted('Stopped.');
    },
    [Symbol.dispose]() {
      process.off('SIGINT', handler);
      process.off('SIGTERM', handler);
    },
  };
}
