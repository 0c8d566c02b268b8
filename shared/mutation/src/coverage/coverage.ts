import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Lab, Task } from '@backend-labs/catalog';
import { z } from 'zod';
import type { Mutant } from '../mutant.ts';
import { instrument, type Region, regionAt } from './regions.ts';

/** What one run of a solution showed about its code. */
export const coverageSchema = z.object({
  /** Region → the tasks that ran it, and the points whose tests did. */
  regions: z.record(
    z.string(),
    z.object({ tasks: z.array(z.number()), points: z.array(z.string()) }),
  ),
  /** Task → its duration in ms. */
  durations: z.record(z.string(), z.number()),
  /** The duration of the slowest test, in ms. */
  slowest: z.number(),
});

export type Coverage = z.infer<typeof coverageSchema>;

/** Which tasks judge a mutant, and which points are nearest to it. */
export interface Covering {
  /** The quickest first. */
  readonly tasks: readonly Task[];
  readonly points: readonly string[];
}

/** Finds what covers a mutant. Every task runs the migrations. */
export class CoverageMap {
  readonly #lab: Lab;
  readonly #dir: string;
  readonly #coverage: Coverage;
  readonly #regions = new Map<string, readonly Region[]>();

  /** @param dir the solution, laid out. */
  constructor(lab: Lab, dir: string, coverage: Coverage) {
    this.#lab = lab;
    this.#dir = dir;
    this.#coverage = coverage;
  }

  of({ file, at }: Pick<Mutant, 'file' | 'at'>): Covering {
    if (file.endsWith('.sql')) return { tasks: this.#byDuration(this.#lab.tasks), points: [] };
    const region = regionAt(this.#regionsOf(file), at);
    const { tasks = [], points = [] } = this.#coverage.regions[region?.id ?? ''] ?? {};
    const covering = this.#lab.tasks.filter(({ number }) => tasks.includes(number));
    return { tasks: this.#byDuration(covering), points };
  }

  /** How long these tasks took together, in ms. */
  duration(tasks: readonly Task[]): number {
    return tasks.reduce((sum, task) => sum + this.#durationOf(task), 0);
  }

  #byDuration(tasks: readonly Task[]): Task[] {
    return tasks.toSorted((a, b) => this.#durationOf(a) - this.#durationOf(b));
  }

  #durationOf({ number }: Task): number {
    return this.#coverage.durations[number] ?? 0;
  }

  #regionsOf(file: string): readonly Region[] {
    const known = this.#regions.get(file);
    if (known) return known;
    const source = readFileSync(join(this.#dir, file), 'utf8');
    const { regions } = instrument(file, source);
    this.#regions.set(file, regions);
    return regions;
  }
}
