import { spawn } from 'node:child_process';
import { findLab } from '@backend-labs/catalog';
import { leftBehindUrl } from '@backend-labs/workbench';
import type { Run } from '../command.ts';
import { readLabs } from '../labs.ts';
import { EXIT, MachineError, UsageError } from '../errors.ts';

export const run: Run = async (args, context) => {
  const lab = findLab(readLabs(context), args.positionals[0] ?? '');
  if (!lab.servers.includes('postgres')) throw new UsageError(`${lab.id} has no Postgres.`);
  const url = await leftBehindUrl(context, lab);
  if (!url) {
    throw new UsageError(
      `No failed run of ${lab.id} left a database behind. Only a red run leaves one. \`labs run ${lab.number}\` makes one, and prints its URL.`,
    );
  }
  if (args.on('url')) {
    console.log(url);
    return EXIT.green;
  }
  return openPrompt(url);
};

/** Runs psql in the terminal. Resolves with its exit code. */
export async function openPrompt(url: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const child = spawn('psql', [url], { stdio: 'inherit' });
  // While psql runs, Ctrl-C cancels a query there.
  const ignore = () => {};
  process.on('SIGINT', ignore);
  child.once('error', (cause: NodeJS.ErrnoException) => {
    reject(
      cause.code === 'ENOENT'
        ? new MachineError(
            `psql is not installed. On Debian: apt-get install postgresql-client. Or open ${url} with another client.`,
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
