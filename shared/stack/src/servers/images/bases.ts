import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, realpath, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { reason, ServerUnavailable } from '../../errors.ts';
import { withLock } from '../../lock.ts';
import { findProgram, needProgram } from '../../provision/machine.ts';
import { makeDir, type StackContext } from '../../state.ts';
import type { ServerAddress } from '../../types.ts';
import { callEngine, type EngineClient, engineClient } from './client.ts';
import { POSTGRES_STEPS, POSTGRES_TAGS, postgresFiles } from './postgres-stand-in.ts';

const run = promisify(execFile);

const REGISTRY_MS = 10_000;
const BUILD_MS = 5 * 60_000;
const SUITE = 'bookworm';

/** Which stand-in is made, and of what. */
type Kind = 'debian' | 'node' | 'postgres';

/** The steps of a stand-in before its files are added, and after that. */
const STEPS: Readonly<Record<Kind, { readonly from: string; readonly after: readonly string[] }>> =
  {
    debian: { from: 'scratch', after: ['CMD ["bash"]'] },
    node: {
      from: `debian:${SUITE}-slim`,
      after: [
        'RUN groupadd --gid 1000 node && useradd --uid 1000 --gid node --create-home node',
        `ENV NODE_VERSION=${process.versions.node}`,
        'CMD ["node"]',
      ],
    },
    postgres: { from: `debian:${SUITE}-slim`, after: POSTGRES_STEPS },
  };

/** The tags that a Dockerfile or a test of the labs may name. */
export function standInTags(): Readonly<Record<Kind, readonly string[]>> {
  const full = process.versions.node;
  const major = full.replace(/\..*$/u, '');
  const versions = [major, full.replace(/\.\d+$/u, ''), full, 'latest'];
  const named = versions.flatMap((version) =>
    version === 'latest'
      ? ['node:latest', 'node:slim']
      : ['', '-slim', `-${SUITE}`, `-${SUITE}-slim`].map((more) => `node:${version}${more}`),
  );
  const debian = [`debian:${SUITE}`, `debian:${SUITE}-slim`];
  return { debian, node: named, postgres: POSTGRES_TAGS };
}

/**
 * Where no registry can be reached, gives the engine stand-ins for the images that the labs name,
 * made of Debian's packages, this Node and the packaged Postgres, and says so. Elsewhere a build
 * fetches the real ones. Throws `SERVER_ABSENT` if there can be neither.
 */
export async function prepareBases(context: StackContext, address: ServerAddress): Promise<void> {
  const client = await engineClient(address.url);
  const tags = standInTags();
  const all = [...tags.debian, ...tags.node, ...tags.postgres];
  if ((await missing(client, all)).length === 0) return;
  if (await registryHas(client, `node:${process.versions.node}-${SUITE}-slim`)) return;
  await withLock(context, 'bases', async () => {
    const wanted = await missing(client, all);
    if (wanted.length === 0) return;
    context.progress(
      'no image registry can be reached: making local stand-ins for the debian, node and postgres images',
    );
    try {
      await build(context, client, 'debian', tags.debian, await debianFiles(context));
      await build(context, client, 'node', tags.node, await nodeFiles(context));
      await build(context, client, 'postgres', tags.postgres, await postgresFiles(context));
    } catch (error) {
      if (error instanceof ServerUnavailable) throw error;
      throw unavailable(error);
    }
    context.progress(`${wanted.length} tags now name stand-ins, among them ${wanted[0]}`);
  });
}

async function missing(client: EngineClient, tags: readonly string[]): Promise<string[]> {
  const format = client.kind === 'docker' ? '{{.Repository}}:{{.Tag}}' : '{{.Name}}:{{.Tag}}';
  const shown = client.kind === 'podman' ? '{{.Repository}}:{{.Tag}}' : format;
  const listed = await callEngine(client, ['images', '--format', shown]);
  const known = new Set(
    listed.split('\n').map((name) => name.replace(/^(?:docker\.io\/library|localhost)\//u, '')),
  );
  return tags.filter((tag) => !known.has(tag));
}

/** Whether the registry that the engine's client asks answers for this tag. */
async function registryHas(client: EngineClient, tag: string): Promise<boolean> {
  const name = client.kind === 'docker' ? tag : `docker://${tagOf(client, tag)}`;
  return callEngine(client, ['manifest', 'inspect', name], REGISTRY_MS).then(
    () => true,
    () => false,
  );
}

/** One image of a tar, under all its names. */
async function build(
  context: StackContext,
  client: EngineClient,
  kind: Kind,
  tags: readonly string[],
  tar: string,
): Promise<void> {
  const dir = await mkdtemp(join(context.stateDir, 'images', 'build-'));
  try {
    const { from, after } = STEPS[kind];
    const text = [
      `FROM ${from}`,
      `ADD ${kind}.tar /`,
      'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      ...after,
      `LABEL backend-labs.stand-in=${kind}`,
      '',
    ].join('\n');
    await writeFile(join(dir, 'Dockerfile'), text);
    await run('ln', [tar, join(dir, `${kind}.tar`)]);
    const names = tags.flatMap((tag) => ['--tag', tagOf(client, tag)]);
    await callEngine(
      client,
      ['build', '--pull=false', '--network', 'host', ...names, dir],
      BUILD_MS,
    );
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** Podman and buildah look for a short name under Docker Hub's own. */
function tagOf({ kind }: EngineClient, tag: string): string {
  return kind === 'docker' ? tag : `docker.io/library/${tag}`;
}

/** Debian's smallest system with what Node needs, as a tar that is made once. */
async function debianFiles(context: StackContext): Promise<string> {
  const tar = join(context.stateDir, 'images', `debian-${SUITE}.tar`);
  if (existsSync(tar)) return tar;
  const debootstrap = await needProgram(context, {
    server: 'images',
    programs: ['debootstrap'],
    debian: ['debootstrap'],
    homebrew: 'docker',
    wanted: 'an image registry, or debootstrap to make stand-ins',
  });
  await makeDir(dirname(tar));
  const root = await mkdtemp(join(dirname(tar), 'root-'));
  try {
    const include = '--include=ca-certificates,libatomic1,procps';
    await run(debootstrap, ['--variant=minbase', include, SUITE, root], {
      timeout: BUILD_MS,
      maxBuffer: 64 * 1024 * 1024,
    });
    const left = ['var/cache/apt', 'var/lib/apt/lists', 'usr/share/doc', 'usr/share/man', 'dev'];
    const unwanted = [...left, 'usr/share/locale'].flatMap((dir) => ['--exclude', `./${dir}/*`]);
    await run('tar', ['--numeric-owner', ...unwanted, '-C', root, '-cf', `${tar}.new`, '.']);
    await rename(`${tar}.new`, tar);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
  return tar;
}

/** The Node that runs this, with the machine's npm, as they lie in the official images. */
async function nodeFiles(context: StackContext): Promise<string> {
  const tar = join(context.stateDir, 'images', `node-${process.versions.node}.tar`);
  if (existsSync(tar)) return tar;
  const root = await mkdtemp(join(dirname(tar), 'root-'));
  try {
    const [bin, modules] = [join(root, 'usr/local/bin'), join(root, 'usr/local/lib/node_modules')];
    await mkdir(bin, { recursive: true });
    await mkdir(modules, { recursive: true });
    await cp(process.execPath, join(bin, 'node'));
    await cp(await npmFolder(), join(modules, 'npm'), { recursive: true });
    for (const name of ['npm', 'npx'])
      await symlink(`../lib/node_modules/npm/bin/${name}-cli.js`, join(bin, name));
    const owner = ['--owner=0', '--group=0', '--numeric-owner', '--mode=a+rX,go-w'];
    await run('tar', ['-C', root, ...owner, '-cf', `${tar}.new`, 'usr']);
    await rename(`${tar}.new`, tar);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
  return tar;
}

/** Of the npm on the PATH: the package, with everything that it needs inside. */
async function npmFolder(): Promise<string> {
  const npm = await findProgram({
    server: 'images',
    programs: ['npm'],
    debian: ['npm'],
    homebrew: 'node',
  });
  const folder = npm === undefined ? '' : resolve(await realpath(npm), '../..');
  if (existsSync(join(folder, 'node_modules/@npmcli/arborist'))) return folder;
  throw new Error('the npm of this machine is not a whole package; install Node from nodejs.org');
}

function unavailable(error: unknown): ServerUnavailable {
  return new ServerUnavailable(
    'SERVER_ABSENT',
    'images',
    `no image registry can be reached, and stand-ins could not be made: ${reason(error)}`,
    'connect to the internet once, or run `npm run labs -- images prepare` as root on Debian',
    error,
  );
}
