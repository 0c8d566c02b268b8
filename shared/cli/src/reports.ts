import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Lab, Task } from '@backend-labs/catalog';
import type { TaskVerdict } from '@backend-labs/protocol';
import { ctrf, junit, unrun } from '@backend-labs/runner';

/**
 * The reports of one run in a folder: junit.xml and ctrf.json. They are there from the beginning and
 * after each task, so a run that is cut off leaves a report that says so, and never an older one.
 */
export class Reports {
  readonly #folder: string;
  readonly #lab: Lab;
  readonly #tasks: readonly Task[];
  readonly #started = Date.now();
  readonly #results = new Map<number, TaskVerdict>();

  /** @param tasks those that the run is to judge. */
  constructor(folder: string, lab: Lab, tasks: readonly Task[]) {
    this.#folder = folder;
    this.#lab = lab;
    this.#tasks = tasks;
    mkdirSync(folder, { recursive: true });
    for (const name of Object.keys(FORMATS)) rmSync(join(folder, name), { force: true });
    this.#write();
  }

  add(verdict: TaskVerdict): void {
    this.#results.set(verdict.task, verdict);
    this.#write();
  }

  #write(): void {
    const left = this.#tasks.filter(({ number }) => !this.#results.has(number));
    const message = 'The run ended before this task was judged.';
    const unjudged = left.map((task) => {
      return unrun(task, 'error', { trouble: { status: 'error', message } });
    });
    const results = [...this.#results.values(), ...unjudged].toSorted((a, b) => a.task - b.task);
    const outcome = { lab: this.#lab, results, started: this.#started, ended: Date.now() };
    for (const [name, format] of Object.entries(FORMATS)) {
      const path = join(this.#folder, name);
      // A full disk leaves the last whole report, not half of one.
      writeFileSync(`${path}.tmp`, format(outcome));
      renameSync(`${path}.tmp`, path);
    }
  }
}

const FORMATS: Readonly<Record<string, (outcome: Parameters<typeof junit>[0]) => string>> = {
  'junit.xml': junit,
  'ctrf.json': (outcome) => `${JSON.stringify(ctrf(outcome), null, 2)}\n`,
};
