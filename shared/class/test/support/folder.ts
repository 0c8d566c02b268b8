import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

/** This repository. */
export const ROOT = resolve(import.meta.dirname, '../../../..');

/** A folder that ends with its scope. */
export class Folder implements Disposable {
  readonly dir = mkdtempSync(join(tmpdir(), 'class-'));

  constructor() {
    chmodSync(this.dir, 0o755);
  }

  path(...parts: string[]): string {
    return join(this.dir, ...parts);
  }

  write(path: string, text: string): string {
    const whole = this.path(path);
    mkdirSync(dirname(whole), { recursive: true });
    writeFileSync(whole, text);
    return whole;
  }

  [Symbol.dispose](): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}
