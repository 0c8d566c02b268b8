import { needProgram, type ProgramRequest } from './provision/machine.ts';
import { resolveContext } from './state.ts';
import type { StackOptions } from './types.ts';

/**
 * A program of the machine's that is no server, such as the sandbox. A missing one is installed as
 * those of the servers are: by apt-get, as root or in CI.
 *
 * @param request `server` is what needs the program, for the messages.
 * @returns its path.
 * @throws ServerUnavailable with the command that a person can run.
 */
export function provideProgram(request: ProgramRequest, options: StackOptions): Promise<string> {
  return needProgram(resolveContext(options), request);
}
