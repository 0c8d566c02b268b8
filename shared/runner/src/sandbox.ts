import { join } from 'node:path';
import type { Lab } from '@backend-labs/catalog';
import type { RunContext } from '@backend-labs/protocol';

/**
 * What a program of a lab's may read in a sandbox beside its own folder: the packages of the lab,
 * which are links, and the store that they lead to.
 *
 * @param root the checkout where the packages are installed.
 */
export function sandboxOf(
  root: string,
  { dir }: Pick<Lab, 'dir'>,
): NonNullable<RunContext['sandbox']> {
  return { readable: [join(root, 'node_modules', '.pnpm'), join(dir, 'node_modules')] };
}
