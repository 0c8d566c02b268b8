import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';

export const MANIFEST = {
  id: '90-toy',
  title: 'A toy',
  level: 'mid',
  hours: '1',
  summary: 'One line.',
  servers: ['postgres'],
  tasks: [
    { slug: 'first', title: 'First' },
    { slug: 'second', title: 'Second', needs: [1] },
  ],
  starter: { fails: [1, 2] },
};

export const TICKET = `# Toy

## Task 1: First

- **1.1** One.
- **1.2** Two, on
  two lines.

## Task 2: Second

- **2.1** Three.
`;

/** A catalogue in a folder of its own; gone when disposed. */
export class ToyCatalog implements Disposable {
  readonly root = mkdtempSync(join(tmpdir(), 'labs-catalog-'));

  /** Writes a lab whose tests are there. */
  addLab(manifest: object = MANIFEST, id = '90-toy'): this {
    this.write(`labs/${id}/lab.yaml`, stringify(manifest));
    this.write(`labs/${id}/README.md`, TICKET);
    this.write(`labs/${id}/tests/1-first.test.ts`, '');
    this.write(`labs/${id}/tests/2-second.test.ts`, '');
    return this;
  }

  write(path: string, text: string): this {
    const file = join(this.root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    return this;
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
