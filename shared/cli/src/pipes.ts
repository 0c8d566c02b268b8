/**
 * A reader that has seen enough, such as `head -1`, closes its end. The command then goes on without
 * printing: its run is recorded, and its exit code still says how it went.
 */
export function survivePipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      // EIO: the terminal was closed.
      if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
    });
  }
}
