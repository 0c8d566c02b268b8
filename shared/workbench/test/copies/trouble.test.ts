import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { writeAtomic, writeToDisk } from '../../src/copies/atomic.ts';
import { learnerFiles } from '../../src/copies/editable.ts';
import { fileTrouble } from '../../src/copies/file-trouble.ts';
import { withLock } from '../../src/copies/lock.ts';
import {
  applyMerge,
  createCopy,
  listAttempts,
  planMerge,
  resetCopy,
  saveAttempt,
  WorkError,
} from '../../src/copies/index.ts';
import { canMount, SmallDisk } from './support/small-disk.ts';
import { contents, lay, Scene } from './support/scene.ts';

const NOISE = Buffer.alloc(40_000, 'not much room');

describe('a full disk', () => {
  test.runIf(process.platform === 'linux')('is told apart by a write to /dev/full', async () => {
    await expect(writeToDisk('/dev/full', 'anything', 0o666)).rejects.toMatchObject({
      name: 'WorkError',
      code: 'DISK_FULL',
      message: expect.stringContaining('/dev/full'),
      fix: expect.stringMatching(/^Free some space/),
    });
  });

  test.runIf(canMount)('stops a start, and leaves no half of a copy', async () => {
    await using scene = await Scene.open({ 'src/large.bin': NOISE, 'src/larger.bin': NOISE });
    await using _disk = await SmallDisk.mount(scene.place.workRoot, 64);
    const start = createCopy(scene.lab, scene.place);
    await expect(start).rejects.toMatchObject({ code: 'DISK_FULL' });
    expect(await readdir(scene.place.workRoot)).toEqual([]);
  });

  test.runIf(canMount)('stops a reset before it touches the work', async () => {
    await using scene = await Scene.open();
    await createCopy(scene.lab, scene.place);
    await scene.edit({ 'src/large.bin': NOISE, 'src/larger.bin': NOISE });
    const work = await contents(scene.copy);
    await using _disk = await SmallDisk.mount(join(scene.place.stateDir, 'attempts'), 64);

    await expect(resetCopy(scene.lab, scene.place)).rejects.toMatchObject({ code: 'DISK_FULL' });
    expect(await contents(scene.copy)).toEqual(work);
    expect(await listAttempts(scene.lab, scene.place)).toEqual([]);
    expect(await readdir(join(scene.place.stateDir, 'attempts', scene.lab.id))).toEqual([]);
  });

  test.runIf(canMount)('in the middle of a reset or a merge leaves the work saved', async () => {
    await using scene = await Scene.open();
    await mkdir(scene.place.workRoot);
    await using _disk = await SmallDisk.mount(scene.place.workRoot, 64);
    await createCopy(scene.lab, scene.place);
    await scene.edit({ 'src/app.ts': 'mine\n' });
    await scene.update({ 'src/large.bin': NOISE, 'src/larger.bin': NOISE });
    const work = await contents(scene.copy);

    const merge = applyMerge(scene.lab, scene.place, await planMerge(scene.lab, scene.place), {
      conflicts: 'write',
    });
    await expect(merge).rejects.toMatchObject({ code: 'DISK_FULL' });
    await expect(resetCopy(scene.lab, scene.place)).rejects.toMatchObject({ code: 'DISK_FULL' });
    const [first] = await listAttempts(scene.lab, scene.place);
    expect(await contents(first?.path ?? '')).toEqual(work);
  });
});

describe('a disk that is not writable', () => {
  test.runIf(canMount)('stops a start and a reset, and leaves all as it is', async () => {
    await using scene = await Scene.open();
    await using disk = await SmallDisk.mount(scene.place.workRoot, 1024);
    await createCopy(scene.lab, scene.place);
    await scene.edit({ 'src/app.ts': 'mine\n' });
    const work = await contents(scene.copy);
    await disk.makeReadOnly();

    const readOnly = { code: 'WORK_READ_ONLY', fix: expect.stringContaining('LABS_WORK') };
    await expect(resetCopy(scene.lab, scene.place)).rejects.toMatchObject(readOnly);
    expect(await contents(scene.copy)).toEqual(work);
    const other = { ...scene.lab, id: '02-other' };
    await expect(createCopy(other, scene.place)).rejects.toMatchObject(readOnly);
    await expect(saveAttempt(scene.lab, scene.place)).resolves.toContain('attempts');
  });

  test.skipIf(process.platform === 'win32')('is the same for who may not write it', async () => {
    await using scene = await Scene.open();
    await mkdir(scene.place.workRoot);
    await chmod(scene.root, 0o755);
    await chmod(scene.place.workRoot, 0o555);
    const write = asNobody(() => writeAtomic(join(scene.place.workRoot, 'file'), 'text'));
    await expect(write).rejects.toMatchObject({ code: 'WORK_READ_ONLY' });
    expect(await readdir(scene.place.workRoot)).toEqual([]);
  });
});

test.skipIf(process.platform === 'win32')('an unreadable file is named', async () => {
  await using scene = await Scene.open();
  await chmod(scene.root, 0o755);
  await chmod(join(scene.lab.dir, 'src/app.ts'), 0o000);
  const list = asNobody(() => learnerFiles(scene.lab.dir));
  await expect(list).rejects.toMatchObject({
    code: 'WORK_UNREADABLE',
    message: `${join(scene.lab.dir, 'src/app.ts')} is not readable.`,
  });
});

describe('something in the way', () => {
  test('a file where the folder of copies must be', async () => {
    await using scene = await Scene.open();
    await writeFile(join(scene.root, 'work'), 'a file\n');
    const blocked = { code: 'WORK_BLOCKED', message: expect.stringContaining('work') };
    await expect(createCopy(scene.lab, scene.place)).rejects.toMatchObject(blocked);
    expect(await readFile(join(scene.root, 'work'), 'utf8')).toBe('a file\n');
  });

  test('a file where the copy must be', async () => {
    await using scene = await Scene.open();
    await lay(scene.place.workRoot, { [scene.lab.id]: 'a file\n' });
    await expect(createCopy(scene.lab, scene.place)).rejects.toMatchObject({
      code: 'WORK_BLOCKED',
    });
    expect(await readFile(scene.copy, 'utf8')).toBe('a file\n');
  });

  test('a file where the state must be', async () => {
    await using scene = await Scene.open();
    await writeFile(scene.place.stateDir, 'a file\n');
    await expect(createCopy(scene.lab, scene.place)).rejects.toMatchObject({
      code: 'WORK_BLOCKED',
    });
  });
});

describe('writeAtomic', () => {
  test('leaves the old file and nothing else when it fails', async () => {
    await using scene = await Scene.open();
    await lay(scene.root, { 'a/b/inner': 'here\n' });
    await expect(writeAtomic(join(scene.root, 'a/b'), 'text')).rejects.toMatchObject({
      code: 'WORK_BLOCKED',
    });
    expect(await readdir(join(scene.root, 'a'))).toEqual(['b']);
    expect(await readFile(join(scene.root, 'a/b/inner'), 'utf8')).toBe('here\n');
  });

  test('replaces a link, and leaves alone what it led to', async () => {
    await using scene = await Scene.open();
    await lay(scene.root, { 'a/target': 'old\n', 'a/link': { link: 'target' } });
    await writeAtomic(join(scene.root, 'a/link'), 'new\n', 0o600);
    expect(await readFile(join(scene.root, 'a/target'), 'utf8')).toBe('old\n');
    expect(await readFile(join(scene.root, 'a/link'), 'utf8')).toBe('new\n');
  });
});

describe('a lock', () => {
  test('that another command holds is waited for, then reported', async () => {
    await using scene = await Scene.open();
    const request = { stateDir: scene.place.stateDir, name: 'a', what: 'your copy' };
    await withLock(request, async () => {
      const second = withLock({ ...request, waitMs: 100 }, async () => 'never');
      await expect(second).rejects.toMatchObject({
        code: 'STATE_BUSY',
        message: 'Another labs command has been using your copy for 0.1 s.',
        fix: expect.stringContaining('a.lock'),
      });
    });
    expect(await withLock(request, async () => 'free again')).toBe('free again');
  });

  test('is given back when the action fails', async () => {
    await using scene = await Scene.open();
    const request = { stateDir: scene.place.stateDir, name: 'a', what: 'your copy' };
    const failing = withLock(request, () => Promise.reject(new RangeError('no')));
    await expect(failing).rejects.toThrow(RangeError);
    expect(await readdir(join(scene.place.stateDir, 'locks'))).toEqual([]);
  });

  test('that is taken away while held does not bring the command down', async () => {
    await using scene = await Scene.open();
    const request = { stateDir: scene.place.stateDir, name: 'a', what: 'your copy' };
    const result = await withLock(request, async () => {
      await rm(join(scene.place.stateDir, 'locks/a.lock'), { recursive: true });
      return 'done';
    });
    expect(result).toBe('done');
  });
});

test.for([
  ['ENOSPC', 'DISK_FULL'],
  ['EDQUOT', 'DISK_FULL'],
  ['EACCES', 'WORK_READ_ONLY'],
  ['EPERM', 'WORK_READ_ONLY'],
  ['EROFS', 'WORK_READ_ONLY'],
  ['ENOTDIR', 'WORK_BLOCKED'],
  ['EISDIR', 'WORK_BLOCKED'],
])('%s is %s, in one line with a fix in one line', ([system, code]) => {
  const cause = Object.assign(new Error('write'), { code: system });
  const told = fileTrouble(cause, '/some/where');
  expect(told).toBeInstanceOf(WorkError);
  expect(told).toMatchObject({ code, cause });
  const { message, fix } = told as WorkError;
  for (const line of [message, fix]) expect(line).toMatch(/^[^\n]+$/);
  expect(message).toContain('/some/where');
});

test('an error that nobody can fix comes out as it came', () => {
  const error = Object.assign(new Error('bad file'), { code: 'EBADF' });
  expect(fileTrouble(error, '/some/where')).toBe(error);
});

/** Runs `action` as a user who owns none of the files: root is refused nothing. */
async function asNobody<T>(action: () => Promise<T>): Promise<T> {
  const isRoot = process.getuid?.() === 0;
  if (isRoot) process.seteuid?.(65_534);
  try {
    return await action();
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
}
