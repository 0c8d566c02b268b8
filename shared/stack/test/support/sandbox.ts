import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { vi } from 'vitest';
import { stackDown } from '../../src/control.ts';
import type { ServerRecord } from '../../src/record.ts';
import type { ServerName, StackOptions } from '../../src/types.ts';

const run = promisify(execFile);

/** A state folder of the test's own, so that servers may be killed without harming other runs. */
export interface Sandbox extends AsyncDisposable {
  readonly stateDir: string;
  readonly options: Required<Pick<StackOptions, 'stateDir' | 'onProgress'>>;
  /** The lines of progress. */
  readonly progress: string[];
  record(name: ServerName): Promise<ServerRecord>;
}

/**
 * A sandbox's servers are native even if a Docker engine answers: a test must never kill or stop the
 * compose stack of somebody else. `''` leaves the choice to the machine.
 */
export async function sandbox(
  mode = 0o755,
  stack: 'native' | 'compose' | '' = 'native',
): Promise<Sandbox> {
  vi.stubEnv('LABS_STACK', stack);
  const stateDir = await mkdtemp(join(tmpdir(), 'labs-test-'));
  await chmod(stateDir, mode);
  const progress: string[] = [];
  const options = { stateDir, onProgress: (line: string) => void progress.push(line) };
  return {
    stateDir,
    options,
    progress,
    record: async (name) =>
      JSON.parse(await readFile(join(stateDir, 'servers', name, 'server.json'), 'utf8')),
    async [Symbol.asyncDispose]() {
      await stackDown(options);
      await rm(stateDir, { recursive: true, force: true });
    },
  };
}

/** Runs a script of `test/support` in a process of its own; resolves with its standard output. */
export async function inProcess(
  script: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const file = join(import.meta.dirname, script);
  const { stdout } = await run(process.execPath, [file, ...args], {
    env: { ...process.env, ...env },
  });
  return stdout;
}
