import { spawn } from 'node:child_process';
import { join } from 'node:path';

const JOB = join(import.meta.dirname, 'print-label.ts');

/** Starts the print job of a label. The printer is slow, so no client waits for it. */
export function printLabel(id: string): void {
  spawn(`"${process.execPath}" "${JOB}" ${id} &`, { shell: true, stdio: 'inherit' });
}
