import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Row } from './session.ts';

/** The compiler says no more than these while a file has one: it cannot be parsed. */
const SYNTAX = /error TS1\d{3}:/u;

/** Bytes that the compiler may print: hundreds of mutants have hundreds of faults. */
const MOST_OUTPUT = 64 * 1024 * 1024;

/** Files that are judged together. */
export interface TypedPiece {
  readonly name: string;
  /** Absolute path or pattern of its files. */
  readonly include: string;
  /** How the paths of its files begin. */
  readonly prefix: string;
}

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
  const pieces = rows.map(({ name, target }) => {
    return { name, include: join(target, 'src/**/*.ts'), prefix: `${target}/` };
  });
  return typecheckPieces(root, dir, pieces);
}

/**
 * Type-checks pieces of a folder at once. Those with a file that cannot be parsed hide the faults of
 * the others, so the rest is checked again without them.
 *
 * @returns name → the compiler's lines about it; `starter`: about files of no piece.
 */
export async function typecheckPieces(
  root: string,
  dir: string,
  pieces: readonly TypedPiece[],
): Promise<Map<string, string[]>> {
  const faults = new Map<string, string[]>();
  for (let left = pieces; left.length > 0;) {
    const found = await faultsOf(root, dir, left);
    for (const [name, lines] of found) faults.set(name, lines);
    const parsed = left.filter(({ name }) => !found.get(name)?.some((line) => SYNTAX.test(line)));
    if (parsed.length === left.length) break;
    left = parsed;
  }
  return faults;
}

async function faultsOf(
  root: string,
  dir: string,
  pieces: readonly TypedPiece[],
): Promise<Map<string, string[]>> {
  const config = join(dir, 'tsconfig.json');
  writeFileSync(
    config,
    JSON.stringify({
      extends: join(root, 'tsconfig.base.json'),
      compilerOptions: { typeRoots: [join(root, 'node_modules/@types')] },
      include: pieces.map(({ include }) => include),
    }),
  );
  const faults = new Map<string, string[]>();
  for (const line of await compile(config, dir)) {
    const piece = pieces.find(({ prefix }) => join(dir, line).startsWith(prefix));
    const name = piece?.name ?? 'starter';
    faults.set(name, [...(faults.get(name) ?? []), line]);
  }
  return faults;
}

async function compile(config: string, cwd: string): Promise<string[]> {
  const manifest = createRequire(import.meta.url).resolve('typescript/package.json');
  const tsc = join(dirname(manifest), 'bin/tsc');
  try {
    await promisify(execFile)(process.execPath, [tsc, '-p', config, '--pretty', 'false'], {
      cwd,
      maxBuffer: MOST_OUTPUT,
    });
    return [];
  } catch (error) {
    const { stdout } = error as { stdout?: string };
    if (!stdout) throw error;
    return stdout.split('\n').filter((line) => /error TS\d+/.test(line));
  }
}
