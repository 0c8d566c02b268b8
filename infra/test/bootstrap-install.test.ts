import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { Checkout, PINNED_NODE, complaints } from './support/checkout.ts';

/** What `show` of the stub prints. */
interface Shown {
  readonly args: string[];
  readonly path: string;
  readonly tiny: string;
}

const shown = (stdout: string): Shown => JSON.parse(stdout);
const toolchain = (checkout: Checkout): string => join(checkout.root, '.labs', 'toolchain');
/** Locks and temporary folders; what a finished install must not leave. */
const leftovers = (checkout: Checkout): string[] =>
  [...readdirSync(toolchain(checkout)), ...readdirSync(join(checkout.root, '.labs'))].filter(
    (name) => /\.(lock|tmp)/.test(name),
  );

describe('a first run', () => {
  test('installs Node and the packages, then becomes the command', async () => {
    await using checkout = await Checkout.make();
    const outcome = await checkout.run(['show', 'a b']);
    expect(complaints(outcome)).toEqual([]);
    const { args, path, tiny } = shown(outcome.stdout);
    expect(args).toEqual(['show', 'a b']);
    expect(tiny).toContain('node_modules/.pnpm/deep@1.0.0');
    expect(path.split(':')[0]).toBe(join(checkout.toolHome('node'), 'bin'));
    expect(leftovers(checkout)).toEqual([]);
  });

  test('of three at once makes one install', async () => {
    await using checkout = await Checkout.make();
    const outcomes = await Promise.all([1, 2, 3].map(() => checkout.run(['exit', '0'])));
    expect(outcomes.map(({ code }) => code)).toEqual([0, 0, 0]);
    const tarballs = checkout.registry.requests.filter((path) => path.includes('/-/'));
    expect(tarballs.toSorted()).toEqual([...new Set(tarballs)].toSorted());
  });

  test('says what it is doing when that takes longer than a second', async () => {
    await using checkout = await Checkout.make();
    checkout.registry.hold();
    const run = checkout.start(['exit', '0']);
    let stderr = '';
    run.child.stderr?.on('data', (text) => {
      stderr += text;
    });
    await vi.waitUntil(() => stderr.includes('\n'), { timeout: 10_000 });
    expect(stderr).toContain(`Installing Node ${PINNED_NODE} (1 MB, once)…`);
    run.child.kill('SIGINT');
    await run.done;
  });
});

describe('a later run', () => {
  test('asks the registry for nothing and writes nothing', async () => {
    await using checkout = await Checkout.make();
    await checkout.run(['exit', '0']);
    const stamp = () => readFileSync(join(checkout.root, 'node_modules', '.labs-installed.json'));
    const before = stamp();
    await checkout.registry.close();
    expect(await checkout.run(['exit', '0'])).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(stamp()).toEqual(before);
  });

  const damages: readonly [string, (home: string) => void][] = [
    ['without its stamp', (home) => writeFileSync(join(home, 'stamp.json'), '')],
    ['without its program', (home) => truncateSync(join(home, 'bin', 'node'), 0)],
    ['with half of its program', (home) => truncateSync(join(home, 'bin', 'node'), 30)],
    [
      'of another version',
      (home) => writeFileSync(join(home, 'stamp.json'), '{"version":"98.0.0","bytes":30}'),
    ],
  ];
  test('installs a Node again that is damaged', async () => {
    await using checkout = await Checkout.make();
    await checkout.run(['exit', '0']);
    const home = checkout.toolHome('node');
    const whole = readFileSync(join(home, 'bin', 'node'));
    for (const [how, damage] of damages) {
      damage(home);
      const { code } = await checkout.run(['exit', '0']);
      const fixed = readFileSync(join(home, 'bin', 'node')).equals(whole);
      expect({ how, code, fixed }).toEqual({ how, code: 0, fixed: true });
    }
    expect(leftovers(checkout)).toEqual([]);
  });

  test('installs the packages again, from what the machine has, when some are gone', async () => {
    await using checkout = await Checkout.make();
    await checkout.run(['exit', '0']);
    await checkout.registry.close();
    const losses: readonly (() => void)[] = [
      () => checkout.remove('node_modules'),
      () => checkout.remove('shared/cli/node_modules/tiny'),
      () => checkout.remove('node_modules/.pnpm/deep@1.0.0'),
      () => checkout.remove('node_modules/.pnpm/tiny@1.0.0/node_modules/tiny/package.json'),
      // What an install that was killed leaves: some of the packages and no stamp.
      () => {
        checkout.remove('node_modules/.labs-installed.json');
        checkout.remove('node_modules/.pnpm/tiny@1.0.0/node_modules/tiny');
      },
    ];
    for (const lose of losses) {
      lose();
      const outcome = await checkout.run(['show']);
      expect({ after: String(lose), lines: complaints(outcome) }).toMatchObject({ lines: [] });
      expect(shown(outcome.stdout).tiny).toContain('deep@1.0.0');
    }
  });

  test('installs the packages again when a package.json changed', async () => {
    await using checkout = await Checkout.make();
    await checkout.run(['exit', '0']);
    checkout.write('labs/01/package.json', '{"name":"lab","dependencies":{"tiny":"1.0.0"}}');
    const lock = checkout.read('pnpm-lock.yaml');
    const importer = `  labs/01:
    dependencies:
      tiny:
        specifier: 1.0.0
        version: 1.0.0

  shared/cli:`;
    checkout.write('pnpm-lock.yaml', lock.replace('  shared/cli:', importer));
    expect((await checkout.run(['exit', '0'])).code).toBe(0);
    expect(checkout.has('labs/01/node_modules/tiny/index.js')).toBe(true);
  });
});

describe('an install that was broken off', () => {
  test('by Ctrl-C leaves nothing behind', async () => {
    await using checkout = await Checkout.make();
    checkout.registry.hold();
    const run = checkout.start(['exit', '0']);
    await vi.waitUntil(() => checkout.registry.requests.length >= 2, { timeout: 10_000 });
    const npm = npmProcesses(checkout);
    expect(npm).toHaveLength(2);
    run.child.kill('SIGINT');
    expect((await run.done).code).toBe(130);
    expect(leftovers(checkout)).toEqual([]);
    await vi.waitUntil(() => !npm.some(isAlive), { timeout: 5000 });
  });

  test('by kill -9 is done again once what it started has ended', async () => {
    await using checkout = await Checkout.make();
    checkout.registry.hold();
    const run = checkout.start(['exit', '0']);
    await vi.waitUntil(() => checkout.registry.requests.length >= 2, { timeout: 10_000 });
    const npm = npmProcesses(checkout);
    run.child.kill('SIGKILL');
    await run.done;
    expect(leftovers(checkout)).not.toEqual([]);
    for (const pid of npm) process.kill(pid, 'SIGKILL');
    checkout.registry.release();
    expect((await checkout.run(['exit', '0'])).code).toBe(0);
    expect(leftovers(checkout)).toEqual([]);
  });
});

/** The process ids that the locks name. */
function npmProcesses(checkout: Checkout): number[] {
  return readdirSync(toolchain(checkout))
    .filter((name) => name.endsWith('.lock'))
    .map((name) => JSON.parse(readFileSync(join(toolchain(checkout), name), 'utf8')).child);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
