import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Lab } from '@backend-labs/catalog';
import { createCopy } from '@backend-labs/workbench';
import type { Context } from '../../context.ts';
import { MachineError } from '../../errors.ts';
import type { BenchRow } from '../sample.ts';
import { processesOf, processTree } from './process-tree.ts';
import { prepareSaves, save, type Save, type SoakLab } from './saves.ts';
import { Terminal } from './terminal.ts';

const SAVE_EVERY_MS = 5_000;
const KILL_EVERY_MS = 60_000;
/** A killed server is started again before the verdict. */
const VERDICT_WITHIN_MS = 90_000;
const MOST_MEGABYTES = 400;

const MAIN = join(import.meta.dirname, '../../main.ts');

interface Seen {
  saves: number;
  readonly wrong: string[];
  readonly killed: Record<string, number>;
  /** MB of the watch and its workers, and the number of processes, before each save. */
  readonly memory: number[];
  readonly processes: number[];
  /** The processes that had most memory together, and what each had. */
  peak: readonly string[];
}

/**
 * `labs watch` in a terminal for so many minutes: a save every five seconds, right and wrong by turns, one
 * that floods its log and one that does not parse; each minute one of the lab's servers is killed. Nothing
 * of it may be left when `q` is pressed.
 */
export async function soak(context: Context, soakLab: SoakLab, minutes: number): Promise<BenchRow> {
  const { lab, task } = soakLab;
  const dir = mkdtempSync(join(tmpdir(), 'backend-labs-soak-'));
  const place = { stateDir: context.stateDir, workRoot: join(dir, 'work') };
  const copy = (await createCopy(lab, place)).dir;
  const saves = prepareSaves(soakLab, copy, join(dir, 'scratch'));
  const terminal = new Terminal(
    [process.execPath, MAIN, 'watch', lab.id, String(task), '--work', place.workRoot],
    { ...process.env, LABS_STATE: context.stateDir },
  );
  const first = await terminal.sees(verdictOn(task), VERDICT_WITHIN_MS);
  if (!first) throw new MachineError(`The watch showed no verdict: ${terminal.screen}`);
  const seen: Seen = { saves: 0, wrong: [], killed: {}, memory: [], processes: [], peak: [] };
  await saveInTurn(context, lab, { terminal, copy, saves, task, minutes }, seen);
  const { pids } = processTree(terminal.pid, {
    except: await serverPids(context, lab),
    copy,
  });
  terminal.press('q');
  if (!(await terminal.ended(30_000))) seen.wrong.push('q did not end the watch within 30 s');
  const left = processesOf(pids);
  if (left.length > 0) seen.wrong.push(`left behind: ${left.join('; ')}`);
  rmSync(dir, { recursive: true, force: true });
  for (const fault of seen.wrong) process.stderr.write(`${fault}\n`);
  if (Math.max(...seen.memory) >= MOST_MEGABYTES) {
    process.stderr.write(`most memory: ${seen.peak.join(', ')}\n`);
  }
  return rowOf(lab, minutes, seen);
}

interface Watched {
  readonly terminal: Terminal;
  readonly copy: string;
  readonly saves: readonly Save[];
  readonly task: number;
  readonly minutes: number;
}

async function saveInTurn(
  context: Context,
  lab: Lab,
  { terminal, copy, saves, task, minutes }: Watched,
  seen: Seen,
): Promise<void> {
  const end = performance.now() + minutes * 60_000;
  let nextKill = performance.now() + KILL_EVERY_MS;
  for (let turn = 1; performance.now() < end; turn++) {
    const pause = sleep(SAVE_EVERY_MS);
    const next = saves[turn % saves.length];
    if (!next) return;
    const tree = processTree(terminal.pid, { except: await serverPids(context, lab), copy });
    if (tree.megabytes > Math.max(0, ...seen.memory)) seen.peak = tree.parts;
    seen.memory.push(tree.megabytes);
    seen.processes.push(tree.pids.length);
    const before = terminal.runs;
    save(copy, next);
    let killed: string | undefined;
    if (performance.now() >= nextKill) {
      killed = await killOne(context, lab);
      if (killed) nextKill += KILL_EVERY_MS;
      if (killed) seen.killed[killed] = (seen.killed[killed] ?? 0) + 1;
    }
    const began = await terminal.sees(
      () => (terminal.runs > before ? true : undefined),
      VERDICT_WITHIN_MS,
    );
    const verdict = began && (await terminal.sees(verdictOn(task), VERDICT_WITHIN_MS));
    seen.saves += 1;
    const fault = faultOf(next, verdict, terminal);
    if (fault) {
      seen.wrong.push(`save ${turn} (${next.what}${killed ? `, ${killed} killed` : ''}): ${fault}`);
    }
    if (terminal.hasEnded) return;
    await pause;
  }
}

function faultOf(next: Save, verdict: Verdict | undefined, terminal: Terminal): string | undefined {
  if (terminal.hasEnded) return `the watch ended: ${terminal.screen.slice(-500)}`;
  if (!verdict) return `no verdict within ${VERDICT_WITHIN_MS / 1000} s`;
  const right =
    next.fails.length === 0 ? verdict.mark === '✓' : verdict.failed.join() === next.fails.join();
  return right ? undefined : `the watch said ${verdict.mark} ${verdict.failed.join(', ')}`;
}

interface Verdict {
  readonly mark: string;
  /** Points that it says have failed. */
  readonly failed: readonly string[];
}

/** Reads the verdict on a task from a screen; undefined while it is being judged. */
function verdictOn(task: number): (screen: string) => Verdict | undefined {
  const head = new RegExp(String.raw`^ (?<mark>[✓✗!–]) ${task}  `, 'mu');
  return (screen) => {
    const mark = head.exec(screen)?.groups?.['mark'];
    // The last line is drawn with the screen; half a screen is none.
    if (mark === undefined || !/q quit\s*$/u.test(screen)) return undefined;
    const failed = [...screen.matchAll(/^ {5}✗ (?<point>\d+\.\d+) /gmu)];
    return { mark, failed: failed.flatMap(({ groups }) => groups?.['point'] ?? []) };
  };
}

/**
 * Kills one of the servers that the lab names, as the kernel does when memory is short.
 *
 * @returns its name; undefined while none of them is up.
 */
async function killOne(context: Context, lab: Lab): Promise<string | undefined> {
  const up = await Promise.all(
    lab.servers.map(async (name) => ({ name, pid: await serverPid(context, name) })),
  );
  const running = up.filter(({ pid }) => pid !== undefined);
  const victim = running[Math.floor(Math.random() * running.length)];
  if (victim?.pid === undefined) return undefined;
  process.kill(victim.pid, 'SIGKILL');
  return victim.name;
}

async function serverPids(context: Context, lab: Lab): Promise<ReadonlySet<number>> {
  const pids = await Promise.all(lab.servers.map((name) => serverPid(context, name)));
  return new Set(pids.filter((pid) => pid !== undefined));
}

/** Undefined while it is being started again, and of a server that is not a process of this machine. */
async function serverPid({ stateDir }: Context, name: string): Promise<number | undefined> {
  const file = join(stateDir, 'servers', name, 'server.json');
  const text = await readFile(file, 'utf8').catch(() => '{}');
  return (JSON.parse(text) as { process?: { pid: number } }).process?.pid;
}

function rowOf(lab: Lab, minutes: number, seen: Seen): BenchRow {
  const most = Math.max(...seen.memory);
  const half = seen.processes.length >> 1;
  const grew = Math.max(...seen.processes.slice(half)) > Math.max(...seen.processes.slice(0, half));
  const kills = Object.entries(seen.killed).map(([name, times]) => `${name} ${times} times`);
  return {
    what: `watch ${lab.id} for ${minutes} minutes`,
    bar: `every verdict right, < ${MOST_MEGABYTES} MB`,
    measured:
      `${seen.saves} saves, ${seen.wrong.length} wrong; killed ${kills.join(', ') || 'nothing'}; ` +
      `at most ${Math.round(most)} MB in ${Math.max(...seen.processes)} processes`,
    holds: seen.wrong.length === 0 && most < MOST_MEGABYTES && !grew,
    samples: seen.memory.map(Math.round),
  };
}
