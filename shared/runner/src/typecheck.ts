import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Row } from './session.ts';

/**
 * Type-checks every row's folder at once: an overlay that does not compile proves nothing.
 *
 * @param dir folder that holds the rows' folders.
 * @returns row name → the compiler's lines about it.
 */
export async function typecheck(
  root: string,
  dir: string,
  rows: readonly Row[],
): Promise<Map<string, string[]>> {
  const config = join(dir, 'tsconfig.json');
  writeFileSync(
    config,
    JSON.stringify({
      extends: join(root, 'tsconfig.base.json'),
      compilerOptions: { typeRoots: [join(root, 'node_modules/@types')] },
      include: rows.map(({ target }) => join(target, 'src/**/*.ts')),
    }),
  );
  const faults = new Map<string, string[]>();
  for (const line of await compile(config, dir)) {
    const row = rows.find(({ target }) => join(dir, line).startsWith(target + '/'));
    const name = row?.name ?? 'starter';
    faults.set(name, [...(faults.get(name) ?? []), line]);
  }
  return faults;
}

async function compile(config: string, cwd: string): Promise<string[]> {
  const manifest = createRequire(import.meta.url).resolve('typescript/package.json');
  const tsc = join(dirname(manifest), 'bin/tsc');
  try {
    await promisify(execFile)(process.execPath, [tsc, '-p', config, '--pretty', 'false'], { cwd });
    return [];
  } catch (error) {
    const { stdout } = error as { stdout?: string };
    if (!stdout) throw error;
    return stdout.split('\n').filter((line) => /error TS\d+/.test(line));
  }
}
