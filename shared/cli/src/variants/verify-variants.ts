import { join } from 'node:path';
import type { Lab } from '@backend-labs/catalog';
import {
  rowNames,
  sampleOf,
  takeFolder,
  verify,
  type VerifyReport,
  WORKERS,
} from '@backend-labs/runner';
import type { OpenedStack } from '@backend-labs/stack';
import { coveringSeeds, draw, type Drawn, ownOf, readSpec } from '@backend-labs/variants';
import { openLabStack } from '@backend-labs/workbench';
import type { Context } from '../context.ts';
import { withBench } from '../on-bench.ts';
import { renderCrosses } from '../ui/crosses.ts';
import { renderReport } from '../ui/matrix.ts';
import { Waiting } from '../ui/progress-line.ts';
import { type Cross, crossesOf, type PlainVariant } from './crosses.ts';
import { makeVariant } from './make.ts';

export interface VariantsOptions {
  readonly lab: Lab;
  /** Variants to prove. */
  readonly count: number;
  /** The seeds of the variants are made from it. */
  readonly seed: string;
  /** Every row of each variant, not only a sample. */
  readonly full: boolean;
  readonly workers?: number;
  /** Numbers of the tasks to judge; all when left out. */
  readonly tasks?: readonly number[];
  /** Called with each part as it is done, ready to print. */
  readonly onPart: (text: string) => void;
}

export interface VariantsReport {
  readonly variants: readonly (Drawn & { readonly seed: string; readonly report: VerifyReport })[];
  readonly crosses: readonly Cross[];
}

/**
 * Proves variants of a lab: each is as sound as a lab must be, and a solution of each fails the tests of
 * the others exactly where their choices differ.
 */
export async function verifyVariants(
  context: Context,
  options: VariantsOptions,
): Promise<VariantsReport> {
  const { lab, count, seed, full, workers = WORKERS, tasks, onPart } = options;
  const { root, stateDir } = context;
  const spec = readSpec(lab);
  using folder = await takeFolder(join(stateDir, 'runs'), `variants-${lab.id}`);
  const { dir } = folder;
  const stack = await withBench(context, `Finding ${lab.servers.join(', ')}`, (bench) =>
    openLabStack(bench, lab),
  );
  const variants = [];
  for (const [at, each] of coveringSeeds(lab.id, spec, seed, count).entries()) {
    const drawn = draw(lab.id, spec, each);
    using waiting = new Waiting(`Variant ${at + 1} of ${count}, seed ${each}`);
    const variant = await makeVariant(context, lab, drawn, join(dir, String(at + 1)));
    const report = await verify({
      root,
      stateDir,
      lab: variant,
      stack,
      repeat: 1,
      workers,
      ...(!full && { rows: fewRows(variant, each) }),
      ...(tasks && { tasks: variant.tasks.filter(({ number }) => tasks.includes(number)) }),
      onVerdict: (row, { task }) => {
        waiting.tick(`Variant ${at + 1} of ${count}, seed ${each}: ${row}, task ${task}`);
      },
    });
    onPart(`${titleOf(each, drawn)}\n${renderReport(report)}`);
    variants.push({ ...drawn, seed: each, report });
  }
  const crosses = await crossed(context, stack, lab, dir, variants);
  onPart(renderCrosses(crosses));
  return { variants, crosses };
}

/** The starter, every solution, and of the rest a few that the seed draws. */
function fewRows(lab: Lab, seed: string): string[] {
  const names = rowNames(lab);
  const few = new Set(sampleOf(names, seed));
  return names.filter((name) => few.has(name) || name.startsWith('solutions/'));
}

/** With the lab's own words and facts, so that only the choices can make a difference. */
async function crossed(
  context: Context,
  stack: OpenedStack,
  lab: Lab,
  dir: string,
  variants: readonly Drawn[],
): Promise<Cross[]> {
  const spec = readSpec(lab);
  using waiting = new Waiting('Judging solutions of each variant with the tests of each');
  const all = new Map(variants.map(({ options }) => [JSON.stringify(options), options]));
  const plain: PlainVariant[] = [];
  for (const options of all.values()) {
    const drawn = { ...ownOf(spec), options };
    const made = await makeVariant(context, lab, drawn, join(dir, `plain-${plain.length + 1}`));
    plain.push({ options, lab: made });
  }
  const crosses: Cross[] = [];
  for (const variant of plain) {
    waiting.tick(`Judging with the tests of ${Object.values(variant.options).join(', ')}`);
    crosses.push(...(await crossesOf(context, stack, spec, plain, variant)));
  }
  return crosses;
}

function titleOf(seed: string, { skin, options }: Drawn): string {
  return `seed ${seed}: words ${skin}, ${Object.values(options).join(', ')}`;
}
