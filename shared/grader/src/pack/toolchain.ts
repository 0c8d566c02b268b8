import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { pruneLock, type Manifest } from './lock.ts';

/** Files by path, relative with `/`: their bytes. */
export type Files = Map<string, Buffer>;

/** Our packages that a candidate's commands run with. */
const PACKAGES = [
  'protocol',
  'catalog',
  'launcher',
  'stack',
  'testkit',
  'runner',
  'workbench',
] as const;

/** Commands that a candidate has. The others are for authors and reviewers, or give an answer away. */
export const CANDIDATE_COMMANDS = [
  'start',
  'list',
  'test',
  'watch',
  'run',
  'reset',
  'progress',
  'psql',
  'stack',
  'doctor',
] as const;

const PLAIN = [
  '.editorconfig',
  '.gitattributes',
  'LICENSE',
  'docker-compose.yml',
  'tsconfig.base.json',
  'pnpm-workspace.yaml',
  'infra/bootstrap.mjs',
  'infra/toolchain.json',
  'infra/{bootstrap,kafka,postgres,rabbitmq,redis}/**/*',
  `shared/{${PACKAGES.join()}}/src/**/*`,
];
const CLI = 'shared/cli';
/** What our code imports: `from './x.ts'`, `import('./x.ts')`. */
const IMPORT = /(?:from|import)\s*\(?\s*'(?<path>\.[^']+)'/gu;

/** The part of this repository that a candidate needs to run the tests of one lab. */
export function toolchainFiles(
  root: string,
  lab: { readonly folder: string; readonly manifest: Manifest },
): Files {
  const files: Files = new Map();
  for (const path of globSync(PLAIN, { cwd: root })) addFile(files, root, path);
  for (const path of cliSources(root)) addFile(files, root, path);
  const manifests = new Map<string, Manifest>([[lab.folder, lab.manifest]]);
  for (const folder of [...PACKAGES.map((name) => `shared/${name}`), CLI]) {
    const manifest = withoutMissing(readManifest(root, folder));
    manifests.set(folder, manifest);
    files.set(`${folder}/package.json`, json(manifest));
  }
  const top = topManifest(readManifest(root, '.'), lab.folder.split('/').at(-1) ?? '');
  manifests.set('.', top);
  files.set('package.json', json(top));
  const lock = readFileSync(join(root, 'pnpm-lock.yaml'), 'utf8');
  files.set('pnpm-lock.yaml', Buffer.from(pruneLock(lock, manifests)));
  return files;
}

/** What the candidate's commands import, all the way down. */
function cliSources(root: string): string[] {
  const main = `${CLI}/src/main.ts`;
  const commands = new Set(CANDIDATE_COMMANDS.map((name) => `${CLI}/src/commands/${name}.ts`));
  const open = [main, ...commands];
  const seen = new Set<string>();
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (seen.has(file) || !existsSync(join(root, file))) continue;
    seen.add(file);
    // The table of all commands loads each when it is called.
    if (file.endsWith('/src/commands.ts')) continue;
    const text = readFileSync(join(root, file), 'utf8');
    for (const { groups } of text.matchAll(IMPORT)) {
      open.push(relative(root, resolve(root, dirname(file), groups?.['path'] ?? '')));
    }
  }
  return [...seen];
}

interface TopManifest extends Manifest {
  readonly name: string;
  readonly scripts: Readonly<Record<string, string>>;
}

function topManifest(manifest: Manifest, lab: string): TopManifest {
  const kept = withoutMissing(manifest).devDependencies ?? {};
  const ours = Object.entries(kept).filter(([name]) => /^@(?:backend-labs|types)\//u.test(name));
  return {
    ...manifest,
    name: 'take-home',
    scripts: {
      start: `node infra/bootstrap.mjs start ${lab}`,
      test: `node infra/bootstrap.mjs test ${lab}`,
      labs: 'node infra/bootstrap.mjs',
    },
    devDependencies: Object.fromEntries(ours),
  };
}

/** A manifest without our packages that the pack leaves out. */
function withoutMissing(manifest: Manifest): Manifest {
  const known = new Set([...PACKAGES, 'cli'].map((name) => `@backend-labs/${name}`));
  const only = (all: Manifest['dependencies'] = {}) =>
    Object.fromEntries(
      Object.entries(all).filter(([name]) => !name.startsWith('@backend-labs/') || known.has(name)),
    );
  return {
    ...manifest,
    ...(manifest.dependencies && { dependencies: only(manifest.dependencies) }),
    ...(manifest.devDependencies && { devDependencies: only(manifest.devDependencies) }),
  };
}

function readManifest(root: string, folder: string): Manifest {
  return JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as Manifest;
}

function addFile(files: Files, root: string, path: string): void {
  const bytes = readOrFolder(join(root, path));
  if (bytes) files.set(path.replaceAll('\\', '/'), bytes);
}

function readOrFolder(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EISDIR') return undefined;
    throw error;
  }
}

function json(value: unknown): Buffer {
  return Buffer.from(`${JSON.stringify(value, undefined, 2)}\n`);
}
