import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { sandboxTrouble } from '../src/sandbox/available.ts';
import { isAlive } from './support/alive.ts';
import { Candidate } from './support/boxed.ts';

const missing = (await sandboxTrouble())?.message;
const PATIENCE = { timeout: 20_000, interval: 20 };
const LAUNCHED = join(import.meta.dirname, 'support/launched.ts');

const PRINTS = `
import { readFileSync } from 'node:fs';
const { version } = JSON.parse(readFileSync('package.json'));
console.log(process.env.ROUND ?? 0, process.env.FIRST ?? 'no', version ?? 'none');
`;

/** Process numbers of the sandboxes that a process has made and that still run. */
function sandboxesOf(parent: number): number[] {
  const args = ['-o', 'pid=', '-o', 'stat=', '-o', 'comm=', '--ppid', `${parent}`];
  return execFileSync('ps', args, { encoding: 'utf8' })
    .split('\n')
    .flatMap((line) => /^ *(?<pid>\d+) +[^Z ]+ +bwrap/u.exec(line)?.groups?.['pid'] ?? [])
    .map(Number);
}

/** The one sandbox in which no program runs yet. */
async function untilSpare(): Promise<number> {
  return await vi.waitFor(() => {
    const [spare = 0, ...others] = sandboxesOf(process.pid);
    expect(spare).toBeGreaterThan(0);
    expect(others).toEqual([]);
    return spare;
  }, PATIENCE);
}

async function printed(candidate: Candidate, env = {}) {
  const program = await candidate.start({ env });
  await program.exited;
  return { pid: program.pid, lines: program.stdout.lines() };
}

describe.skipIf(missing)('a sandbox that is made ahead', () => {
  test('takes the next program of the folder, with an environment of its own', async () => {
    using candidate = new Candidate(PRINTS);
    const first = await printed(candidate, { ROUND: '1', FIRST: 'yes' });
    const spare = await untilSpare();
    expect(first.lines).toEqual(['1 yes none']);
    expect(await printed(candidate, { ROUND: '2' })).toEqual({
      pid: spare,
      lines: ['2 no none'],
    });
    process.kill(await untilSpare(), 'SIGKILL');
  });

  test('is not used for a folder that was made again, nor for another package.json', async () => {
    using candidate = new Candidate(PRINTS);
    await printed(candidate);
    const first = await untilSpare();
    const text = JSON.stringify({ version: '2.0.0', scripts: { start: 'node main.mjs' } });
    writeFileSync(join(candidate.target, 'new.json'), text);
    renameSync(join(candidate.target, 'new.json'), join(candidate.target, 'package.json'));
    const second = await printed(candidate);
    expect(second.lines).toEqual(['0 no 2.0.0']);
    expect(second.pid).not.toBe(first);

    const old = await untilSpare();
    rmSync(candidate.target, { recursive: true });
    mkdirSync(candidate.target, { mode: 0o755 });
    writeFileSync(join(candidate.target, 'main.mjs'), `console.log('made again')`);
    writeFileSync(join(candidate.target, 'package.json'), text);
    const third = await printed(candidate);
    expect(third.lines).toEqual(['made again']);
    expect(third.pid).not.toBe(old);
    process.kill(await untilSpare(), 'SIGKILL');
  });

  test('that was killed is not missed', async () => {
    using candidate = new Candidate(PRINTS);
    await printed(candidate);
    process.kill(await untilSpare(), 'SIGKILL');
    expect((await printed(candidate)).lines).toEqual(['0 no none']);
    process.kill(await untilSpare(), 'SIGKILL');
  });

  test('does not keep its maker from ending, and ends with it', async () => {
    using candidate = new Candidate(PRINTS);
    const said = execFileSync(process.execPath, [LAUNCHED, candidate.target], {
      encoding: 'utf8',
      timeout: 20_000,
    });
    const { pid, dirs } = JSON.parse(said) as { pid: number; dirs: string[] };
    expect(pid).toBeGreaterThan(0);
    await vi.waitFor(() => expect(isAlive(pid)).toBe(false), PATIENCE);
    expect(dirs).toHaveLength(1);
    expect(dirs.filter((dir) => existsSync(dir))).toEqual([]);
  });
});
