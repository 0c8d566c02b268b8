import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { onTestFinished, vi } from 'vitest';

/** A folder that goes when the test ends. */
export async function tempDir(purpose: string): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), `labs-${purpose}-`));
  onTestFinished(() => rm(dir, { recursive: true }));
  return dir;
}

/** Puts a shell script of this name before everything else on the PATH; resolves with its folder. */
export async function stubProgram(name: string, script: string): Promise<string> {
  const dir = await tempDir('stub');
  await writeFile(join(dir, name), `#!/bin/sh\n${script}\n`);
  await chmod(join(dir, name), 0o755);
  vi.stubEnv('PATH', dir + delimiter + (process.env['PATH'] ?? ''));
  return dir;
}
