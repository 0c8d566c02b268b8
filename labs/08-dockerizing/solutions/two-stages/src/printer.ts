import { spawn } from 'node:child_process';
import { join } from 'node:path';

const JOB = join(import.meta.dirname, 'print-label.ts');

/**
 * Starts the print job of a label. No client waits for it. The process does: it is the parent of the
 * job, and does not end before it.
 */
export function printLabel(id: string): void {
  const job = spawn(process.execPath, [JOB, id], { stdio: ['ignore', 'inherit', 'inherit'] });
  job.once('error', (error) => console.error(`label ${id} was not printed:`, error));
}
