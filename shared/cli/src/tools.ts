import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Context } from './context.ts';

/** What a step of `npm test` counted. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Runs a tool of the workspace; its words are shown only when it fails. */
export async function runTool(root: string, bin: string, args: readonly string[]): Promise<Tally> {
  const { exit, output } = await execute(root, bin, args);
  if (exit === 0) return { passed: 1, failed: 0, skipped: 0 };
  process.stdout.write(output.endsWith('\n') ? output : `${output}\n`);
  return { passed: 0, failed: 1, skipped: 0 };
}

/** Runs the unit tests with vitest, and counts them from its own report. */
export async function unitTests({ root, stateDir }: Context): Promise<Tally> {
  const folder = mkdtempSync(join(tmpdir(), 'labs-unit-'));
  try {
    const report = join(folder, 'report.json');
    const { exit, output } = await execute(
      root,
      'vitest',
      ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
      { LABS_STATE: stateDir },
    );
    if (exit !== 0) process.stdout.write(output);
    const counts = JSON.parse(readFileSync(report, 'utf8')) as Record<
      'numPassedTests' | 'numFailedTests' | 'numPendingTests' | 'numFailedTestSuites',
      number
    >;
    // A file that can't be loaded has no failed tests; it is a failure all the same.
    const failed = Math.max(counts.numFailedTests, exit === 0 ? 0 : 1);
    return { passed: counts.numPassedTests, failed, skipped: counts.numPendingTests };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function execute(
  root: string,
  bin: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<{ exit: number; output: string }> {
  const path = [join(root, 'node_modules/.bin'), process.env['PATH']].join(delimiter);
  const child = spawn(bin, args, {
    cwd: root,
    env: { ...process.env, PATH: path, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32',
  });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  child.once('error', reject);
  child.once('close', (code) => resolve(code ?? 1));
  const exit = await promise;
  return { exit, output: Buffer.concat(chunks).toString() };
}
