import { type ContainerExit, lesson } from '@backend-labs/testkit';

/** Whether a command line is a shell's. */
export function isShell(command: string): boolean {
  return /^(?:\S*\/)?(?:ba|da)?sh(?:\s|$)/u.test(command);
}

/** Does nothing unless `command`, process 1 of a container, is a shell or npm. */
export function notProcessOne(command: string, exit: ContainerExit | undefined): void {
  if (!isShell(command) && !/^(?:node \S*)?npm\b/u.test(command)) return;
  lesson('not-process-1', {
    observed: `Process 1 of the container is \`${command}\`. After SIGTERM ${exit === undefined ? 'the container still ran' : `it ended with code ${exit.code}`}.`,
    meaning:
      'The engine sends the signal to process 1 and to no other. A shell does not pass it on, and npm reports a child that ended by a signal as an error; so the service is killed in the middle of its work, or counts as crashed at each deploy.',
    lookAt: 'the two forms of CMD, and which program each of them starts',
  });
}

export function exitsAtOnce(): never {
  lesson('exits-at-once', {
    observed:
      'A request was waiting for the database when SIGTERM came. The process ended before the request had its answer.',
    meaning:
      'SIGTERM asks for an orderly end, and the cluster waits 30 s for it. A process that ends at once cuts off every request that it has begun, at each deploy.',
    lookAt: 'what an HTTP server does when it is closed, and when it says that it is done',
  });
}
