import { execFileSync } from 'node:child_process';
import {
  createWriteStream,
  existsSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { pack as tarPack } from 'tar-stream';
import { describe, expect, test } from 'vitest';
import { ZipFile } from 'yazl';
import { readSubmission } from '../src/submission/read.ts';
import { LIMITS } from '../src/submission/files.ts';
import { Folder } from './support/folder.ts';
import { writeAll } from './support/toy.ts';

const LINK_MODE = 0o120_777;

async function zipOf(folder: Folder, entries: Readonly<Record<string, string | Buffer>>) {
  const zip = new ZipFile();
  for (const [path, content] of Object.entries(entries)) {
    const mode = path.endsWith('.link') ? LINK_MODE : 0o100_644;
    zip.addBuffer(Buffer.from(content), path, { mode });
  }
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(folder.path('x.zip')));
  return folder.path('x.zip');
}

type TarEntry = Parameters<ReturnType<typeof tarPack>['entry']>[0];

async function tarOf(folder: Folder, entries: readonly (readonly [TarEntry, string | Buffer])[]) {
  const tar = tarPack();
  for (const [header, content] of entries) tar.entry(header, content);
  tar.finalize();
  await pipeline(tar, createGzip(), createWriteStream(folder.path('x.tar.gz')));
  return folder.path('x.tar.gz');
}

const names = ({ files }: { files: ReadonlyMap<string, Buffer> }) => [...files.keys()].toSorted();

describe('a zip', () => {
  test('is read without the folder that GitHub puts around it', async () => {
    using folder = new Folder();
    const path = await zipOf(folder, { 'repo-main/work/a.ts': 'a', 'repo-main/pack.json': '{}' });
    const { files } = await readSubmission(path);
    expect(String(files.get('work/a.ts'))).toBe('a');
    expect(names({ files })).toEqual(['pack.json', 'work/a.ts']);
  });

  test('has its links left out', async () => {
    using folder = new Folder();
    const path = await zipOf(folder, { 'work/a.ts': 'a', 'work/b.link': '/etc/passwd' });
    const submission = await readSubmission(path);
    expect(names(submission)).toEqual(['work/a.ts']);
    expect(submission.leftOut).toEqual([{ path: 'work/b.link', why: 'not a file' }]);
  });

  test('that names a path above its top is refused', async () => {
    using folder = new Folder();
    const path = await zipOf(folder, { 'work/xx/xx/evil.ts': 'a' });
    // yazl writes no such name, so it is put in afterwards: same length, other bytes.
    const bytes = readFileSync(path).toString('latin1').replaceAll('work/xx/xx/', 'work/../../');
    writeFileSync(path, Buffer.from(bytes, 'latin1'));
    await expect(readSubmission(path)).rejects.toMatchObject({ code: 'BAD_ARCHIVE' });
  });

  test('with a file that is too large is read without it', async () => {
    using folder = new Folder();
    const large = Buffer.alloc(LIMITS.file + 1);
    const { leftOut } = await readSubmission(await zipOf(folder, { 'work/a.bin': large }));
    expect(leftOut).toEqual([{ path: 'work/a.bin', why: 'too large' }]);
  });

  test('that is none is refused', async () => {
    using folder = new Folder();
    writeFileSync(folder.path('x.zip'), 'not a zip');
    const reading = readSubmission(folder.path('x.zip'));
    await expect(reading).rejects.toMatchObject({ code: 'BAD_ARCHIVE' });
  });
});

describe('a tar.gz', () => {
  test('is read without links, devices and paths above its top', async () => {
    using folder = new Folder();
    const path = await tarOf(folder, [
      [{ name: 'work/a.ts' }, 'a'],
      [{ name: '../../evil.ts' }, 'a'],
      [{ name: '/etc/evil' }, 'a'],
      [{ name: 'work/link', type: 'symlink', linkname: '/etc/passwd' }, ''],
      [{ name: 'work/hard', type: 'link', linkname: '/etc/passwd' }, ''],
      [{ name: 'work/pipe', type: 'fifo' }, ''],
      [{ name: 'work/__proto__/x.ts' }, 'p'],
      [{ name: 'node_modules/x/index.js' }, 'm'],
    ]);
    const submission = await readSubmission(path);
    expect(names(submission)).toEqual(['work/__proto__/x.ts', 'work/a.ts']);
    expect(submission.leftOut.map(({ why }) => why)).toEqual(Array(5).fill('not a file'));
  });

  test('of a few kilobytes that unpacks to much more is refused', async () => {
    using folder = new Folder();
    const block = Buffer.alloc(64 * 1024 ** 2);
    const bombs = Array.from({ length: 5 }, (_, at) => [{ name: `b${at}` }, block] as const);
    await expect(readSubmission(await tarOf(folder, bombs))).rejects.toMatchObject({
      code: 'BAD_ARCHIVE',
    });
  });

  test('with endless entries is refused', async () => {
    using folder = new Folder();
    const many = Array.from(
      { length: LIMITS.entries + 1 },
      (_, at) => [{ name: `f${at}` }, ''] as const,
    );
    await expect(readSubmission(await tarOf(folder, many))).rejects.toMatchObject({
      code: 'BAD_ARCHIVE',
    });
  });
});

describe('a folder', () => {
  test('is read without what its links lead to', async () => {
    using folder = new Folder();
    writeAll(folder.dir, { 'work/a.ts': 'a', 'node_modules/x.js': 'x' });
    symlinkSync('/etc', folder.path('work/etc'));
    symlinkSync('/etc/passwd', folder.path('work/passwd'));
    execFileSync('mkfifo', [folder.path('work/pipe')]);
    const submission = await readSubmission(folder.dir);
    expect(names(submission)).toEqual(['work/a.ts']);
    expect(submission.leftOut.map(({ path }) => path).toSorted()).toEqual([
      'work/etc',
      'work/passwd',
      'work/pipe',
    ]);
  });
});

describe('a git repository', () => {
  const repository = (folder: Folder) => {
    const git = (date: string, ...args: string[]) =>
      execFileSync('git', ['-c', 'user.name=A', '-c', 'user.email=a@b.test', ...args], {
        cwd: folder.dir,
        env: { ...process.env, GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date },
      });
    const commit = (date: string, text: string) => {
      writeAll(folder.dir, { 'work/a.ts': text });
      git(date, 'add', '-A');
      git(date, 'commit', '-qm', `<b>${text}</b>`);
    };
    git('', 'init', '-q');
    commit('2026-01-01T10:00:00Z', 'early');
    commit('2026-01-01T12:00:00Z', 'late');
    return git;
  };

  test('is read at its last commit before the deadline', async () => {
    using folder = new Folder();
    repository(folder);
    const { files, history, commit } = await readSubmission(folder.dir, '2026-01-01T11:00:00Z');
    expect(String(files.get('work/a.ts'))).toBe('early');
    expect(history.map(({ id, subject }) => [id === commit, subject])).toEqual([
      [true, '<b>early</b>'],
    ]);
  });

  test('without a commit before the deadline is refused', async () => {
    using folder = new Folder();
    repository(folder);
    const reading = readSubmission(folder.dir, '2025-01-01T00:00:00Z');
    await expect(reading).rejects.toMatchObject({ code: 'NO_COMMIT' });
  });

  test('starts no program of its own', async () => {
    using folder = new Folder();
    const git = repository(folder);
    const mark = folder.path('owned');
    const script = `#!/bin/sh\ntouch ${mark}\n`;
    mkdirSync(folder.path('.git/hooks'), { recursive: true });
    for (const hook of ['post-checkout', 'pre-auto-gc', 'post-index-change']) {
      writeFileSync(folder.path('.git/hooks', hook), script, { mode: 0o755 });
    }
    writeFileSync(folder.path('evil.sh'), script, { mode: 0o755 });
    for (const name of [
      'core.fsmonitor',
      'core.sshCommand',
      'uploadpack.packObjectsHook',
      'core.pager',
      'diff.external',
    ]) {
      git('', 'config', name, folder.path('evil.sh'));
    }
    await readSubmission(folder.dir, '2026-01-01T11:00:00Z');
    await readSubmission(folder.dir);
    expect(existsSync(mark)).toBe(false);
  });
});

test('a source that is not there is named', async () => {
  const reading = readSubmission('/nowhere/at/all');
  await expect(reading).rejects.toMatchObject({ code: 'NO_SUBMISSION' });
});
