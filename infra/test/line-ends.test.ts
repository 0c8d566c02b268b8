import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');

test.runIf(existsSync(join(ROOT, '.git')))(
  'every text file is stored and checked out with LF, on every system',
  () => {
    const listed = execFileSync('git', ['ls-files', '--eol'], { cwd: ROOT, encoding: 'utf8' });
    const files = listed.trim().split('\n');
    // Of each file: line ends in the repository, on the disk, and what .gitattributes says.
    const other = files.filter(
      (line) => !/^i\/(?:lf|none|-text) +w\/\S+ +attr\/text=auto eol=lf/u.test(line),
    );
    expect(files.length).toBeGreaterThan(100);
    expect(other).toEqual([]);
  },
);
