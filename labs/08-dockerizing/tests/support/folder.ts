import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';

/** The learner's folder as it lies on a laptop: with a history, a local configuration and packages. */
export class Folder implements AsyncDisposable {
  readonly path: string;
  /** Texts that no image may hold, by where they stand. */
  readonly secrets: Readonly<Record<string, string>>;

  private constructor(path: string, secrets: Readonly<Record<string, string>>) {
    this.path = path;
    this.secrets = secrets;
  }

  static async copyOf(target: string): Promise<Folder> {
    const path = await mkdtemp(join(tmpdir(), 'labs-08-'));
    const left = new Set(['node_modules', '.git', '.env', 'logs']);
    await cp(target, path, {
      recursive: true,
      filter: (source) => source === target || !left.has(basename(source)),
    });
    const secrets = { '.env': secret('local'), '.git': secret('deploy') };
    const folder = new Folder(path, secrets);
    await folder.write(
      '.env',
      `DATABASE_URL=postgres://app:${secrets['.env']}@db.internal/labels\n`,
    );
    await folder.write(
      '.git/config',
      `[remote "origin"]\n\turl = https://ci:${secrets['.git']}@git/\n`,
    );
    await folder.write('.git/HEAD', 'ref: refs/heads/main\n');
    await folder.write(
      'node_modules/left-over/package.json',
      '{"name":"left-over","version":"1.0.0"}',
    );
    return folder;
  }

  async read(path: string): Promise<string> {
    return readFile(join(this.path, path), 'utf8').catch(() => '');
  }

  async write(path: string, text: string): Promise<void> {
    const file = join(this.path, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }

  /** Changes a file; gives a function that changes it back. */
  async edit(path: string, change: (text: string) => string): Promise<() => Promise<void>> {
    const before = await this.read(path);
    await this.write(path, change(before));
    return () => this.write(path, before);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}

function secret(kind: string): string {
  return `${kind}-${randomBytes(16).toString('hex')}`;
}
