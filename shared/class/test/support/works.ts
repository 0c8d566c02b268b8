import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { loadLab, layOut, type Layer } from '@backend-labs/catalog';
import type { ClassRecord } from '../../src/records.ts';
import { ASSIGNMENT, graded, person } from './records.ts';

export const ROOT = join(import.meta.dirname, '../../../..');

/** Works of students on the disk, of one lab. They end with their scope. */
export class Works implements Disposable {
  readonly dir = mkdtempSync(join(tmpdir(), 'class-'));
  readonly #lab: string;
  readonly records: ClassRecord[] = [];

  constructor(lab: string) {
    this.#lab = lab;
    this.#layOut([], this.starter);
  }

  get starter(): string {
    return join(this.dir, 'starter');
  }

  /** A student who hands in the starter with some layers over it. */
  add(id: string, ...layers: Layer[]): string {
    const dir = join(this.dir, id);
    this.#layOut(layers, dir);
    this.records.push({
      ...graded(person(id, id.toUpperCase()), { '1.1': 'passed' }),
      assignment: { ...ASSIGNMENT, lab: this.#lab },
      submission: { lateSeconds: 0, dir },
    });
    return dir;
  }

  solution(name: string): Layer {
    return { folder: join(ROOT, 'labs', this.#lab, 'solutions', name) };
  }

  #layOut(layers: readonly Layer[], dir: string): void {
    layOut(loadLab(join(ROOT, 'labs', this.#lab), ROOT), layers, dir);
  }

  [Symbol.dispose](): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}

export function write(dir: string, path: string, text: string): void {
  mkdirSync(dirname(join(dir, path)), { recursive: true });
  writeFileSync(join(dir, path), text);
}
