import { chmodSync, globSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** This repository. */
export const ROOT = resolve(import.meta.dirname, '../../../..');

/** A folder that ends with its scope. */
export class Folder implements Disposable {
  readonly dir = mkdtempSync(join(tmpdir(), 'grader-'));

  constructor() {
    chmodSync(this.dir, 0o755);
  }

  path(...parts: string[]): string {
    return join(this.dir, ...parts);
  }

  /** Paths of all files below, those of git left out. */
  files(): string[] {
    return globSync('{*,.*}{,/**/{*,.*}}', { cwd: this.dir, withFileTypes: true })
      .filter((entry) => entry.isFile() && !join(entry.parentPath, '/').includes('/.git/'))
      .map((entry) => join(entry.parentPath, entry.name).slice(this.dir.length + 1));
  }

  [Symbol.dispose](): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}
