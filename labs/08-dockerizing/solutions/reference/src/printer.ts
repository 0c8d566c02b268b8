import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const JOB = join(import.meta.dirname, 'print-label.ts');

/** Prints a label. Resolves when its job has ended, so a request in flight covers the job too. */
export async function printLabel(id: string): Promise<void> {
  const job = spawn(process.execPath, [JOB, id], { stdio: ['ignore', 'inherit', 'inherit'] });
  const [code] = (await once(job, 'close')) as [number | null];
  if (code !== 0) throw new Error(`the print job of label ${id} ended with code ${code}`);
}
