import { sandboxTrouble, type SandboxTrouble } from '@backend-labs/launcher';
import { provideProgram, ServerUnavailable } from '@backend-labs/stack';
import type { Context } from './context.ts';
import { MachineError, sentence } from './errors.ts';

/** bubblewrap and `prlimit`; every Debian has the second. */
const BUBBLEWRAP = {
  server: 'the sandbox',
  programs: ['bwrap'],
  debian: ['bubblewrap'],
  homebrew: 'bubblewrap',
  wanted: 'bubblewrap',
};

/**
 * Gets this machine what a sandbox needs.
 *
 * @returns what keeps programs from being isolated here, or undefined.
 */
export async function prepareSandbox(
  { root, stateDir }: Pick<Context, 'root' | 'stateDir'>,
  onProgress: (line: string) => void,
): Promise<SandboxTrouble | undefined> {
  const trouble = await sandboxTrouble();
  if (trouble === undefined || process.platform !== 'linux') return trouble;
  try {
    await provideProgram(BUBBLEWRAP, { root, stateDir, onProgress });
  } catch (error) {
    if (error instanceof ServerUnavailable) return trouble;
    throw error;
  }
  return sandboxTrouble();
}

/** @throws MachineError with the fix when programs cannot be isolated on this machine. */
export async function requireSandbox(context: Pick<Context, 'root' | 'stateDir'>): Promise<void> {
  const say = (line: string) => process.stderr.write(`${line}\n`);
  const trouble = await prepareSandbox(context, say);
  if (trouble) throw new MachineError(`${sentence(trouble.message)} ${sentence(trouble.fix)}`);
}
