import { randomUUID } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunContext } from '@backend-labs/testkit';

/**
 * A folder for files that the service or a command of it reads. It is inside the folder under test: a
 * program in a sandbox sees no other. Saves in a folder whose name ends with `.tmp` start no run.
 */
export class Scratch implements AsyncDisposable {
  readonly #dir: string;

  private constructor(dir: string) {
    this.#dir = dir;
  }

  static async of({ target }: RunContext): Promise<Scratch> {
    const dir = join(target, `judged-${randomUUID()}.tmp`);
    await mkdir(dir);
    return new Scratch(dir);
  }

  /** Writes a file, and answers its path. A text is written as it is, anything else as JSON. */
  async write(name: string, content: unknown): Promise<string> {
    const file = join(this.#dir, name);
    await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
    return file;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#dir, { recursive: true, force: true });
  }
}
