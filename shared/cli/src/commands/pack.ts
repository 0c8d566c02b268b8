import { mkdtempDisposableSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { findLab, findTask, readCatalog, type Lab } from '@backend-labs/catalog';
import { duration, type PackRules, writePack } from '@backend-labs/grader';
import { aiPolicySchema, type AiPolicy } from '@backend-labs/protocol';
import { draw, readSpec } from '@backend-labs/variants';
import type { Arguments, Run } from '../command.ts';
import { type Context, shownPath } from '../context.ts';
import { EXIT, UsageError } from '../errors.ts';
import { makeVariant } from '../variants/make.ts';

export const run: Run = async (args, context) => {
  const found = findLab(readCatalog(context.catalog), args.positionals[0] ?? '');
  const folder = args.text('to');
  if (!folder) throw new UsageError('Name the folder to make: --to DIR.');
  const to = resolve(context.cwd, folder);
  const minutes = minutesOf(args.text('time'));
  using scratch = mkdtempDisposableSync(join(tmpdir(), 'labs-pack-'));
  const seed = args.text('variant');
  const lab = seed === undefined ? found : await variantOf(context, found, seed, scratch.path);
  const pack = await writePack({
    root: context.root,
    lab,
    to,
    ...rulesOf(args, lab),
    ...(minutes !== undefined && { minutes }),
  });
  if (args.on('json')) console.log(JSON.stringify(pack, undefined, 2));
  else {
    const box = minutes === undefined ? 'no time box' : duration(minutes);
    console.log(
      `${shownPath(to, context)}: ${lab.id}, tasks ${pack.tasks.join(', ')}; ${box}; AI ${pack.ai}.`,
    );
    console.log('Give the candidate a copy of it, and keep this one: `labs grade` needs it.');
  }
  return EXIT.green;
};

function variantOf(context: Context, lab: Lab, seed: string, home: string): Promise<Lab> {
  return makeVariant(context, lab, draw(lab.id, readSpec(lab), seed), home);
}

/** What a pack asks for and what it counts, by the flags that `pack` and `class assign` share. */
export function rulesOf(args: Arguments, lab: Lab): PackRules {
  const weights = weightsOf(args.text('weight'), lab);
  return {
    tasks: tasksOf(args, lab),
    ai: policyOf(args.text('ai') ?? 'declared'),
    ...(weights && { weights }),
    ...(args.on('allow-dependencies') && { newPackages: 'allowed' }),
  };
}

function tasksOf(args: Arguments, lab: Lab): number[] {
  const names = args.text('tasks')?.split(',') ?? lab.tasks.map(({ slug }) => slug);
  return names.map((name) => findTask(lab, name.trim()).number);
}

function policyOf(text: string): AiPolicy {
  const policy = aiPolicySchema.safeParse(text);
  if (policy.success) return policy.data;
  throw new UsageError(`--ai takes allowed, declared or forbidden, not "${text}".`);
}

/** `2.3=3,4=2`: of a point, or of each point of a task. A point comes before its task. */
function weightsOf(text: string | undefined, lab: Lab): Record<string, number> | undefined {
  if (text === undefined) return undefined;
  const ofTasks: [string, number][] = [];
  const ofPoints: [string, number][] = [];
  for (const part of text.split(',')) {
    const { name = '', weight } =
      /^\s*(?<name>[^=]+)=(?<weight>[1-9]\d{0,2})\s*$/u.exec(part)?.groups ?? {};
    if (weight === undefined) {
      throw new UsageError(
        `--weight takes points or tasks with whole numbers from 1, such as 2.3=3,4=2, not "${part}".`,
      );
    }
    if (name.includes('.')) ofPoints.push([name, Number(weight)]);
    else for (const { id } of findTask(lab, name).points) ofTasks.push([id, Number(weight)]);
  }
  return Object.fromEntries([...ofTasks, ...ofPoints]);
}

function minutesOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const { hours = '0', minutes = '0' } =
    /^(?:(?<hours>\d{1,2})h)?\s*(?:(?<minutes>\d{1,3})m(?:in)?)?$/u.exec(text.trim())?.groups ?? {};
  const all = Number(hours) * 60 + Number(minutes);
  if (all > 0) return all;
  throw new UsageError(`--time takes hours and minutes, such as 3h, 90m or 1h30m, not "${text}".`);
}
