import { mkdtempDisposableSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { findLab, findTask, readCatalog, type Lab } from '@backend-labs/catalog';
import { duration, writePack } from '@backend-labs/grader';
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
    tasks: tasksOf(args, lab),
    ai: policyOf(args.text('ai') ?? 'declared'),
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

export function tasksOf(args: Arguments, lab: Lab): number[] {
  const names = args.text('tasks')?.split(',') ?? lab.tasks.map(({ slug }) => slug);
  return names.map((name) => findTask(lab, name.trim()).number);
}

export function policyOf(text: string): AiPolicy {
  const policy = aiPolicySchema.safeParse(text);
  if (policy.success) return policy.data;
  throw new UsageError(`--ai takes allowed, declared or forbidden, not "${text}".`);
}

function minutesOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const { hours = '0', minutes = '0' } =
    /^(?:(?<hours>\d{1,2})h)?\s*(?:(?<minutes>\d{1,3})m(?:in)?)?$/u.exec(text.trim())?.groups ?? {};
  const all = Number(hours) * 60 + Number(minutes);
  if (all > 0) return all;
  throw new UsageError(`--time takes hours and minutes, such as 3h, 90m or 1h30m, not "${text}".`);
}
