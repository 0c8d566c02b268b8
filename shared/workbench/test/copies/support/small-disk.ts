import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * Whether this process may mount: root on Linux, and not in a container that forbids it. Elsewhere
 * the tests that need it are reported as skipped, and a write to /dev/full stands for a full disk.
 */
export const canMount = process.platform === 'linux' && process.getuid?.() === 0 && tryMount();

/** A disk of its own, in memory, over a folder. Disposing unmounts it. */
export class SmallDisk implements AsyncDisposable {
  readonly dir: string;

  private constructor(dir: string) {
    this.dir = dir;
  }

  static async mount(dir: string, kilobytes: number): Promise<SmallDisk> {
    await mkdir(dir, { recursive: true });
    await run('mount', ['-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'labs-test', dir]);
    return new SmallDisk(dir);
  }

  async makeReadOnly(): Promise<void> {
    await run('mount', ['-o', 'remount,ro', this.dir]);
  }

  async [Symbol.asyncDispose]() {
    await run('umount', [this.dir]);
  }
}

function tryMount(): boolean {
  const dir = mkdtempSync(join(tmpdir(), 'labs-mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', 'labs-test', dir], { stdio: 'ignore' });
    execFileSync('umount', [dir]);
    return true;
  } catch {
    return false;
  } finally {
    rmdirSync(dir);
  }
}
