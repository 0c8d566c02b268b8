import { join } from 'node:path';
import type { Lab, Task } from '@backend-labs/catalog';
import type { Pack, TaskVerdict } from '@backend-labs/protocol';
import { judge, Session, takeFolder } from '@backend-labs/runner';
import { connectStack, type OpenedStack, openStack, ownerTag } from '@backend-labs/stack';
import type { Files } from '../pack/toolchain.ts';
import { blamedForRedis, isJudged } from './blamed.ts';
import { freeShared } from './blocked-redis.ts';
import { OwnRedis } from './own-redis.ts';
import { withoutPaths } from './paths.ts';
import { RedisWatch } from './redis-watch.ts';
import { layOutStage } from './stage.ts';

const ROW = 'submission';

export interface JudgeOptions {
  readonly root: string;
  readonly stateDir: string;
  readonly pack: Pack;
  /** All files of the pack. */
  readonly pristine: Files;
  /** The candidate's files. */
  readonly taken: Files;
  readonly seed: string;
  /** Verdicts of an earlier run; tasks that it judged are not judged again. */
  readonly earlier?: readonly TaskVerdict[];
  readonly onProgress?: (line: string) => void;
  readonly onVerdict?: (verdict: TaskVerdict) => void;
}

/** Runs the pack's tests against a submission whose programs are in the sandbox. */
export async function judgeSubmission(options: JudgeOptions): Promise<TaskVerdict[]> {
  const { root, stateDir, pack, seed, earlier = [], onProgress, onVerdict } = options;
  const owner = await ownerTag();
  using folder = await takeFolder(join(stateDir, 'runs'), `grade-${pack.lab}`);
  const stage = await layOutStage(folder.dir, root, pack, options.pristine, options.taken);
  const { lab, target, readable } = stage;
  const where = { root, stateDir, ...(onProgress && { onProgress }) };
  const stack = await openStack(lab.servers, where);
  const verdicts = new Map(earlier.filter(isJudged).map((verdict) => [verdict.task, verdict]));
  const judgeOpen = async (servers: OpenedStack['servers']) => {
    const open = openTasks(lab, verdicts);
    if (open.length === 0) return;
    const context = {
      servers,
      stateDir,
      templates: `${owner}/`,
      keepFailed: false,
      seed,
      sandbox: { readable },
    };
    await using session = await Session.open({ lab, rows: [{ name: ROW, target }], context });
    const judged = await judge(session, stack, lab, ROW, open, (event) => {
      if (event.type === 'task ended') onVerdict?.(event.verdict);
    });
    for (const verdict of judged) verdicts.set(verdict.task, verdict);
  };
  const { redis } = stack.servers;
  {
    await using _watch = redis && new RedisWatch(redis, () => freeShared(redis, where));
    await judgeOpen(stack.servers);
  }
  // A server that fell over is up again the second time, and what one submission does to a Redis of its own
  // says nothing about the machine.
  if (openTasks(lab, verdicts).length > 0) {
    await using own = redis && (await OwnRedis.open(redis, where));
    await judgeOpen({ ...stack.servers, ...(own && { redis: own.address }) });
    const observed = await own?.blockage();
    for (const { number, servers } of openTasks(lab, verdicts)) {
      const verdict = verdicts.get(number);
      if (observed === undefined || !verdict || !servers.includes('redis')) continue;
      verdicts.set(number, blamedForRedis(verdict, observed));
    }
  }
  await using live = connectStack(stack.servers);
  if (stack.servers['postgres']) await (await live.of('postgres')).dropTemplates(`${owner}/`);
  const judged = lab.tasks.flatMap(({ number }) => verdicts.get(number) ?? []);
  return withoutPaths(judged, [target, folder.dir, stateDir, root]);
}

/** A task that waits for one that failed stays as it is. */
function openTasks(lab: Lab, verdicts: ReadonlyMap<number, TaskVerdict>): Task[] {
  return lab.tasks.filter(({ number }) => {
    const verdict = verdicts.get(number);
    if (!verdict) return true;
    if (verdict.status !== 'waiting') return !isJudged(verdict);
    return verdicts.get(verdict.waitsFor ?? 0)?.status !== 'failed';
  });
}
