import { spawn } from 'node:child_process';
import { findLab, readCatalog } from '@backend-labs/catalog';
import { leftBehindUrl } from '@backend-labs/workbench';
import type { Run } from '../command.ts';
import { EXIT, MachineError, UsageError } from '../errors.ts';

export const run: Run = async (args, context) => {
  const lab = findLab(readCatalog(context.root), args.positionals[0] ?? '');
  if (!lab.servers.includes('postgres')) throw new UsageError(`${lab.id} has no Postgres.`);
  const url = await leftBehindUrl(context, lab);
  if (!url) {
    throw new UsageError(
      `No failed run of ${lab.id} left a database behind: only a red one does. \`labs run ${lab.number}\` has one of its own, and prints its URL.`,
    );
  }
  if (args.on('url')) {
    console.log(url);
    return EXIT.green;
  }
  return openPrompt(url);
};

/** psql on the person's terminal. Its exit code is ours. */
export async function openPrompt(url: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const child = spawn('psql', [url], { stdio: 'inherit' });
  // Ctrl-C belongs to psql while it runs: it cancels a query there.
  const ignore = () => {};
  process.on('SIGINT', ignore);
  child.once('error', (cause: NodeJS.ErrnoException) => {
    reject(
      cause.code === 'ENOENT'
        ? new MachineError(
            `psql is not on this machine (Debian: apt-get install postgresql-client). Any client can open ${url}`,
            { cause },
          )
        : cause,
    );
  });
  child.once('close', (code) => resolve(code ?? 0));
  try {
    return await promise;
  } finally {
    process.off('SIGINT', ignore);
  }
}
