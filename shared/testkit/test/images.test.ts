import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { callEngine, connectStack, engineClient, type Lease } from '@backend-labs/stack';
import { test as base, describe, expect } from 'vitest';
import { readSteps } from '../src/images/build-output.ts';
import { ImageEngine } from '../src/images/engine.ts';
import { Image } from '../src/images/image.ts';
import { PgSession } from '../src/postgres/session.ts';
import { eventually } from '../src/wait/eventually.ts';
import { toyRun } from './support/stack.ts';

const DOCKERFILE = `FROM node:26-bookworm-slim
WORKDIR /srv
COPY keep.txt ./
RUN --mount=type=secret,id=token wc -c < /run/secrets/token > length.txt
COPY . .
RUN rm -f hidden.txt
USER 1000:1000
ENV GREETING=hello
EXPOSE 8080
CMD ["node", "serve.js"]
`;

const SERVE = `const server = require('node:http').createServer((req, res) => {
  res.end(process.env.GREETING + ' as ' + process.getuid());
});
server.listen(8080, () => console.log('listening'));
process.on('SIGTERM', () => { console.log('stopping'); process.exit(7); });
`;

const test = base
  .extend('run', { scope: 'file' }, () => toyRun('images'))
  .extend('lease', { scope: 'file' }, async ({ run }, { onCleanup }) => {
    const stack = connectStack(run.servers);
    onCleanup(() => stack[Symbol.asyncDispose]());
    return stack.lease({ lab: run.lab, servers: ['images'] });
  })
  .extend('images', { scope: 'file' }, ({ lease }) => ImageEngine.of(lease))
  .extend('context', { scope: 'file' }, async ({ run: _run }, { onCleanup }) => {
    const dir = await mkdtemp(join(tmpdir(), 'labs-context-'));
    onCleanup(() => rm(dir, { recursive: true, force: true }));
    await writeFile(join(dir, 'Dockerfile'), DOCKERFILE);
    await writeFile(join(dir, 'keep.txt'), 'kept');
    await writeFile(join(dir, 'hidden.txt'), 'a needle in a layer');
    await writeFile(join(dir, 'serve.js'), SERVE);
    await mkdir(join(dir, 'deep'));
    await writeFile(join(dir, 'deep', `${'long-'.repeat(30)}name.txt`), 'far');
    return dir;
  })
  .extend('built', { scope: 'file' }, async ({ images, context }, { onCleanup }) => {
    const built = await images.build(context, { secrets: { token: 'sesame' } });
    onCleanup(() => built.image[Symbol.asyncDispose]());
    return built;
  });

test('a build has its steps, and a second one finds them in the cache up to a change', async ({
  images,
  context,
  built,
}) => {
  expect(built.steps.map(({ instruction }) => instruction.split(' ')[0])).toEqual(
    expect.arrayContaining(['WORKDIR', 'COPY', 'RUN', 'COPY', 'RUN']),
  );
  await writeFile(join(context, 'serve.js'), `${SERVE}// ${Date.now()}\n`);
  const second = await images.build(context, { secrets: { token: 'other' } });
  const copies = second.steps.filter(({ instruction }) => instruction.startsWith('COPY'));
  expect(copies.map(({ cached }) => cached)).toEqual([true, false]);
});

test('the configuration and the history are those of the Dockerfile', async ({ built }) => {
  expect(await built.image.config()).toMatchObject({
    user: '1000:1000',
    command: ['node', 'serve.js'],
    workingDir: '/srv',
    ports: ['8080/tcp'],
  });
  expect((await built.image.history()).join('\n')).toContain('rm -f hidden.txt');
});

test('layers keep what a later one hides, and the merged files do not', async ({ built }) => {
  const layers = await built.image.layers();
  expect(layers.some((layer) => layer.holds('a needle in a layer'))).toBe(true);
  expect(layers.some((layer) => layer.holds('sesame'))).toBe(false);
  const files = await built.image.files();
  expect(files.has('srv/hidden.txt')).toBe(false);
  expect(files.get('srv/keep.txt')?.content().toString()).toBe('kept');
  expect(files.get('srv/length.txt')?.content().toString().trim()).toBe('6');
  expect(files.get(`srv/deep/${'long-'.repeat(30)}name.txt`)?.size).toBe(3);
});

test('a container serves, is signalled, and tells how it ended', async ({
  images,
  built,
  skip,
}) => {
  skip(images.kind === 'buildah', 'buildah runs no services');
  await using container = await images.run(built.image, {
    env: { GREETING: 'servus' },
    publish: 8080,
    readOnly: true,
    tmpfs: ['/tmp'],
    unprivileged: true,
  });
  const url = await container.url(8080);
  const answer = await eventually('an answer', () =>
    fetch(url).then(
      (answered) => answered.text(),
      () => undefined,
    ),
  );
  expect(answer).toBe('servus as 1000');
  expect((await container.exec('touch', '/srv/new')).code).not.toBe(0);
  expect((await container.exec('touch', '/tmp/new')).code).toBe(0);
  expect(await container.running()).toBe(true);
  await container.signal('SIGTERM');
  expect(await container.exit(5000)).toEqual({ code: 7, outOfMemory: false });
  expect(await container.logs()).toEqual(['listening', 'stopping']);
});

test('a container started through Testcontainers has a Postgres of its own beside it', async ({
  images,
  built,
  skip,
}) => {
  skip(images.kind === 'buildah', 'buildah runs no services');
  await using postgres = await images.postgres();
  await using session = await PgSession.open(postgres.outerUrl());
  await session.query('CREATE DATABASE other');
  await using container = await images.start(built.image, {
    env: { GREETING: postgres.innerUrl('other') },
    publish: 8080,
  });
  const { hostname, port } = new URL(postgres.innerUrl());
  const look = `require('node:net').connect(${port}, '${hostname}', () => process.exit(3))`;
  expect(await container.exec('node', '-e', look)).toMatchObject({ code: 3 });
  const url = await container.url(8080);
  expect(new URL(url).hostname).toBe('127.0.0.1');
  const answer = await eventually('an answer', () =>
    fetch(url).then(
      (answered) => answered.text(),
      () => undefined,
    ),
  );
  expect(answer).toMatch(/\/other as 1000$/u);
});

test('a container that ends at once has its log and its exit code', async ({
  images,
  context,
  skip,
}) => {
  skip(images.kind === 'buildah', 'buildah runs no services');
  const file = join(context, 'Short');
  await writeFile(file, 'FROM node:26-bookworm-slim\nCMD ["sh", "-c", "echo no; exit 4"]\n');
  const { image } = await images.build(context, { file });
  await using container = await images.start(image, { publish: 8080 });
  expect(await container.exit(5000)).toMatchObject({ code: 4 });
  expect(await container.logs()).toEqual(['no']);
});

test('a build that fails has the last lines of its output', async ({ images, context }) => {
  const file = join(context, 'Broken');
  await writeFile(file, 'FROM node:26-bookworm-slim\nRUN echo not this way >&2 && exit 3\n');
  await expect(images.build(context, { file })).rejects.toThrow(/not this way/u);
});

test('a released lease leaves nothing behind, nor does a run that was killed', async ({
  images,
  run,
  skip,
}) => {
  skip(images.kind === 'buildah', 'buildah runs no services');
  const client = await engineClient(run.servers['images']?.url ?? '');
  const program = `
    import { connectStack } from '@backend-labs/stack';
    import { ImageEngine } from './src/images/engine.ts';
    const stack = connectStack(${JSON.stringify(run.servers)});
    const lease = await stack.lease({ lab: 'killed', servers: ['images'] });
    const images = await ImageEngine.of(lease);
    const base = await images.find('node:26-bookworm-slim');
    await images.run(base, { command: ['sleep', '600'] });
    console.log(lease.images.label);
    process.kill(process.pid, 'SIGKILL');
  `;
  let label = '';
  try {
    execFileSync(process.execPath, ['--input-type=module-typescript', '-e', program], {
      cwd: join(import.meta.dirname, '..'),
    });
  } catch (error) {
    label = String((error as { stdout: Buffer }).stdout).trim();
  }
  const remains = async (): Promise<string> =>
    (await callEngine(client, ['ps', '--all', '--quiet', '--filter', `label=${label}`])) +
    (await callEngine(client, ['network', 'ls', '--quiet', '--filter', `label=${label}`]));
  expect(label).toContain('backend-labs.lease=');
  expect(await remains()).not.toBe('');
  await using stack = connectStack(run.servers);
  await stack.lease({ lab: run.lab, servers: ['images'] });
  expect(await remains()).toBe('');
});

base('where containers cannot be started, whatever needs one is not run', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'labs-buildah-'));
  const path = process.env['PATH'];
  // The program is only looked for: nothing of it is called.
  await writeFile(join(dir, 'buildah'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
  process.env['PATH'] = `${dir}:${path}`;
  try {
    const lease = { images: { url: `buildah:${dir}`, label: 'a=b', prefix: 'backend-labs/a' } };
    const engine = await ImageEngine.of(lease as Lease);
    const image = new Image(await engineClient(lease.images.url), 'any');
    const refused = { code: 'NOT_PROVIDED' };
    await expect(engine.run(image)).rejects.toMatchObject(refused);
    await expect(engine.run(image, { network: 'none' })).rejects.toMatchObject(refused);
    await expect(engine.start(image, { publish: 80 })).rejects.toMatchObject(refused);
    await expect(engine.postgres()).rejects.toMatchObject(refused);
  } finally {
    process.env['PATH'] = path;
    await rm(dir, { recursive: true });
  }
});

describe('the steps of other engines', () => {
  base('Docker without BuildKit, and buildah', () => {
    const classic =
      'Step 1/3 : FROM node\n ---> 1\nStep 2/3 : COPY . .\n ---> Using cache\nStep 3/3 : RUN x\n';
    expect(readSteps(classic)).toEqual([
      { instruction: 'COPY . .', cached: true },
      { instruction: 'RUN x', cached: false },
    ]);
    const buildah =
      'STEP 1/3: FROM node\nSTEP 2/3: COPY . .\n--> Using cache 12ab\nSTEP 3/3: RUN x\n--> 9c\n';
    expect(readSteps(buildah)).toEqual([
      { instruction: 'COPY . .', cached: true },
      { instruction: 'RUN x', cached: false },
    ]);
  });
});
