import { randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, readlink, realpath, rm, symlink } from 'node:fs/promises';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { readTree } from '../../../src/copies/files.ts';
import type { LabFolder, WorkPlace } from '../../../src/copies/place.ts';

/** Contents by path; `null` deletes. */
export type Files = Readonly<
  Record<string, string | Uint8Array | { readonly link: string } | null>
>;

export const LAB = '01-query-plans';

/** What a small lab holds: what a learner gets, and what they must not. */
export const STARTER: Files = {
  'README.md': '# The list that ate the database\n',
  'package.json': '{"type":"module"}\n',
  'migrations/001-orders.sql': 'create index on orders (id);\n',
  'src/app.ts': 'one\ntwo\nthree\nfour\nfive\nsix\nseven\n',
  'src/server.ts': 'listen();\n',
};

export const NOT_THEIRS: Files = {
  'lab.yaml': 'id: 01-query-plans\n',
  'hints.md': '## 1\n',
  'DEBRIEF.md': '## 1\n',
  'MEASUREMENTS.md': '# Measured\n',
  'data/001-schema.sql': 'create table orders ();\n',
  'tests/1-measure-first.test.ts': 'test();\n',
  'tests/support/double.ts': 'export {};\n',
  'solutions/reference/src/app.ts': 'the answer\n',
  'solutions/reference/SOLUTION.md': '# Why\n',
  'misconceptions/order-only/misconception.yaml': 'killedBy: [2]\n',
  'node_modules/express/index.js': 'express\n',
};

/** A repository in a folder of its own, with one lab, the folder of copies and the state folder. */
export class Scene implements AsyncDisposable {
  readonly root: string;
  readonly lab: LabFolder;
  readonly place: WorkPlace;

  private constructor(root: string) {
    this.root = root;
    this.lab = { id: LAB, dir: join(root, 'labs', LAB) };
    this.place = { workRoot: join(root, 'work'), stateDir: join(root, '.labs') };
  }

  static async open(files: Files = {}): Promise<Scene> {
    const scene = new Scene(await realpath(await mkdtemp(join(tmpdir(), 'labs-work-'))));
    await lay(scene.lab.dir, { ...STARTER, ...NOT_THEIRS, ...files });
    return scene;
  }

  /** The learner's copy. */
  get copy(): string {
    return join(this.place.workRoot, LAB);
  }

  /** Edits the learner's copy. */
  edit(files: Files): Promise<void> {
    return lay(this.copy, files);
  }

  /** Changes the lab, as a pull of the repository does. */
  update(files: Files): Promise<void> {
    return lay(this.lab.dir, files);
  }

  async [Symbol.asyncDispose]() {
    await rm(this.root, { recursive: true, force: true });
  }
}

/** What a learner's folder may hold: text, CRLF, bytes that are not text, a program, a link. */
export const EDITS: Files = {
  'src/app.ts': 'one\ntwo\nmine\n',
  'src/crlf.ts': 'a\r\nb\r\n',
  'src/deep/er/photo.png': randomBytes(70_000),
  'src/no-newline': 'x',
  'src/empty': '',
  'src/latin1.txt': Buffer.from([0xe9, 0x0a]),
  'run.sh': '#!/bin/sh\n',
  'notes/to-app': { link: '../src/app.ts' },
  'notes/to-nowhere': { link: '/nowhere/at/all' },
  'tests/my-own.test.ts': 'mine\n',
  'hints.md': 'my own notes\n',
  'src/server.ts': null,
};

/** Lays out EDITS, modes included. */
export async function editAll(scene: Scene): Promise<void> {
  await scene.edit(EDITS);
  await chmod(join(scene.copy, 'run.sh'), 0o755);
  await chmod(join(scene.copy, 'src/crlf.ts'), 0o444);
}

export async function lay(dir: string, files: Files): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    const absolute = join(dir, path);
    await rm(absolute, { recursive: true, force: true });
    if (content === null) continue;
    await mkdir(dirname(absolute), { recursive: true });
    if (typeof content === 'string' || content instanceof Uint8Array) {
      await writeFile(absolute, content);
    } else {
      await symlink(content.link, absolute);
    }
  }
}

/** Everything in a folder but `node_modules`: bytes as base64, modes, targets of links. */
export async function contents(dir: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  const tree = await readTree(dir, (path) => path === 'node_modules');
  for (const [path, { kind, executable }] of tree) {
    const absolute = join(dir, path);
    found[path] =
      kind === 'link'
        ? `-> ${await readlink(absolute)}`
        : `${executable ? 'x ' : ''}${(await readFile(absolute)).toString('base64')}`;
  }
  return found;
}
