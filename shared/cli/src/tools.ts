import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, relative } from 'node:path';
import type { JsonTestResults } from 'vitest/node';
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

/** What vitest reported of a test file. */
export interface UnitTestFile extends Tally {
  /** Relative to the repository. */
  readonly path: string;
}

/** Runs unit tests with vitest, and counts them from its own report. */
export async function unitTests(
  { root, stateDir }: Context,
  paths: readonly string[],
): Promise<UnitTestFile[]> {
  const folder = mkdtempSync(join(tmpdir(), 'labs-unit-'));
  try {
    const report = join(folder, 'report.json');
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
    const env = { LABS_STATE: stateDir };
    const { exit, output } = await execute(root, 'vitest', ['run', ...reporters, ...paths], env);
    if (exit !== 0) process.stdout.write(output);
    const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as JsonTestResults;
    const files = testResults.map((file) => countsOf(root, file));
    // Vitest can fail for a reason of no test, such as an error behind the last one.
    if (exit === 0 || files.some(({ failed }) => failed > 0)) return files;
    return [...files, { path: '', passed: 0, failed: 1, skipped: 0 }];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function countsOf(
  root: string,
  { name, status, assertionResults }: JsonTestResults['testResults'][number],
): UnitTestFile {
  const count = (...wanted: string[]) =>
    assertionResults.filter((test) => wanted.includes(test.status)).length;
  const passed = count('passed');
  // A file that can't be loaded has no failed tests; it is a failure all the same.
  const failed = Math.max(count('failed'), status === 'failed' ? 1 : 0);
  const skipped = assertionResults.length - passed - count('failed');
  return { path: relative(root, name).replaceAll('\\', '/'), passed, failed, skipped };
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
