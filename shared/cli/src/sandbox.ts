import { sandboxTrouble } from '@backend-labs/launcher';
import { MachineError } from './errors.ts';

/** @throws MachineError with the fix when programs cannot be isolated on this machine. */
export async function requireSandbox(): Promise<void> {
  const trouble = await sandboxTrouble();
  if (trouble) throw new MachineError(`${trouble.message}. ${trouble.fix}.`);
}
