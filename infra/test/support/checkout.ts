import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { locateTool, toolIsWhole } from '../../bootstrap/installed.mjs';
import { installTool } from '../../bootstrap/tools.mjs';
import { Registry } from './registry.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const PLATFORM = `${process.platform}-${process.arch}`;

/** The Node version that the tiny checkout pins; its program is a script that says so. */
export const PINNED_NODE = '99.1.0';

/** What a finished run said. */
export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** By which Node and user the bootstrap is run; this process's own when not said. */
export interface RunAs {
  readonly node?: string;
  readonly uid?: number | undefined;
}

/** A run that goes on. */
export interface Run {
  readonly child: ChildProcess;
  /** Resolves once stdout holds the text. */
  saw(text: string): Promise<void>;
  readonly done: Promise<Outcome>;
}

/**
 * A checkout in a temporary folder with the real bootstrap, the real pnpm, and packages and a Node
 * of a few bytes each from a registry of its own.
 */
export class Checkout implements AsyncDisposable {
  readonly root: string;
  readonly registry: Registry;
  readonly env: NodeJS.ProcessEnv;

  private constructor(root: string, registry: Registry) {
    this.root = root;
    this.registry = registry;
    const inherited = Object.entries(process.env).filter(
      ([name]) => !/^(p?npm_|LABS_)/i.test(name),
    );
    this.env = {
      ...Object.fromEntries(inherited),
      npm_config_registry: registry.url,
      npm_config_cache: join(root, '..', 'npm-cache'),
      npm_config_userconfig: join(root, '..', 'npmrc'),
      pnpm_config_registry: registry.url,
      pnpm_config_store_dir: join(root, '..', 'store'),
      pnpm_config_cache_dir: join(root, '..', 'pnpm-cache'),
    };
  }

  static async make(): Promise<Checkout> {
    const root = join(mkdtempSync(join(tmpdir(), 'labs-bootstrap-')), 'checkout');
    const checkout = new Checkout(root, await Registry.start());
    cpSync(join(ROOT, 'infra', 'bootstrap'), join(root, 'infra', 'bootstrap'), { recursive: true });
    cpSync(join(ROOT, 'infra', 'bootstrap.mjs'), join(root, 'infra', 'bootstrap.mjs'));
    checkout.#writeToolchain(await realPnpm());
    checkout.#writeWorkspace();
    return checkout;
  }

  /** Starts `node infra/bootstrap.mjs <args>`. */
  start(
    args: readonly string[],
    env: NodeJS.ProcessEnv = {},
    { node = process.execPath, uid }: RunAs = {},
  ): Run {
    const child = spawn(node, ['infra/bootstrap.mjs', ...args], {
      cwd: this.root,
      env: { ...this.env, ...env },
      ...(uid === undefined ? {} : { uid }),
    });
    return follow(child);
  }

  run(args: readonly string[], env?: NodeJS.ProcessEnv, as?: RunAs): Promise<Outcome> {
    return this.start(args, env, as).done;
  }

  /** The folder of the pinned Node or pnpm, there or not. */
  toolHome(name: 'node' | 'pnpm'): string {
    const { [name]: pin } = this.pins();
    return join(this.root, '.labs', 'toolchain', `${name}-${pin.version}-${PLATFORM}`);
  }

  pins(): Record<'node' | 'pnpm', { version: string; packages: Record<string, unknown> }> {
    return JSON.parse(this.read('infra/toolchain.json'));
  }

  read(path: string): string {
    return readFileSync(join(this.root, path), 'utf8');
  }

  write(path: string, text: string): void {
    const file = join(this.root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }

  remove(path: string): void {
    rmSync(join(this.root, path), { recursive: true });
  }

  has(path: string): boolean {
    return existsSync(join(this.root, path));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.registry.close();
    rmSync(dirname(this.root), { recursive: true, force: true });
  }

  #writeToolchain(pnpm: { program: string; version: string }): void {
    const node = {
      name: 'tiny-node',
      version: PINNED_NODE,
      files: { 'bin/node': script(`v${PINNED_NODE}`, process.execPath) },
    };
    const linked = {
      name: '@tiny/pnpm',
      version: pnpm.version,
      files: { pnpm: script(pnpm.version, pnpm.program) },
    };
    const pin = (source: typeof node | typeof linked, binary: string) => ({
      version: source.version,
      megabytes: 1,
      packages: {
        [PLATFORM]: { name: source.name, binary, integrity: this.registry.publish(source) },
      },
    });
    const pins = { node: pin(node, 'bin/node'), pnpm: pin(linked, 'pnpm') };
    this.write('infra/toolchain.json', JSON.stringify(pins));
  }

  #writeWorkspace(): void {
    const deep = this.registry.publish({ name: 'deep', version: '1.0.0' });
    const tiny = this.registry.publish({
      name: 'tiny',
      version: '1.0.0',
      dependencies: { deep: '1.0.0' },
      files: { 'index.js': "module.exports = 'tiny ' + require.resolve('deep/package.json');" },
    });
    cpSync(join(ROOT, '.npmrc'), join(this.root, '.npmrc'));
    const cli = { name: 'cli', version: '1.0.0', type: 'module', dependencies: { tiny: '1.0.0' } };
    this.write(
      'package.json',
      JSON.stringify({
        name: 'tiny-labs',
        private: true,
        type: 'module',
        scripts: {
          count: 'node infra/bootstrap.mjs count',
          labs: 'node infra/bootstrap.mjs',
          wait: 'node infra/bootstrap.mjs wait',
        },
      }),
    );
    this.write('pnpm-workspace.yaml', 'packages:\n  - labs/*\n  - shared/*\n');
    this.write('shared/cli/package.json', JSON.stringify(cli));
    this.write(
      'shared/cli/src/main.ts',
      readFileSync(join(import.meta.dirname, 'main.stub.txt'), 'utf8'),
    );
    this.write(
      'pnpm-lock.yaml',
      `lockfileVersion: '9.0'

settings:
  autoInstallPeers: true
  excludeLinksFromLockfile: false

importers:

  .: {}

  shared/cli:
    dependencies:
      tiny:
        specifier: 1.0.0
        version: 1.0.0

packages:

  deep@1.0.0:
    resolution: {integrity: ${deep}}

  tiny@1.0.0:
    resolution: {integrity: ${tiny}}

snapshots:

  deep@1.0.0: {}

  tiny@1.0.0:
    dependencies:
      deep: 1.0.0
`,
    );
  }
}

/** What a run printed on stderr besides its progress, which a busy machine brings out. */
export function complaints({ stderr }: Outcome): string[] {
  return stderr
    .split('\n')
    .filter((line) => line && !/^(Installing|Waiting for) .*(…| s)$/.test(line));
}

/** Collects what a child prints, and lets a test wait for some of it. */
export function follow(child: ChildProcess): Run {
  let stdout = '';
  let stderr = '';
  const waiting = new Map<string, () => void>();
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    for (const [wanted, resolveWait] of waiting) if (stdout.includes(wanted)) resolveWait();
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const done = once(child, 'close').then(([code]) => ({
    code: code as number | null,
    stdout,
    stderr,
  }));
  const saw = async (text: string): Promise<void> => {
    if (stdout.includes(text)) return;
    const seen = new Promise<void>((resolveWait) => {
      waiting.set(text, resolveWait);
    });
    const ended = done.then(({ code }) => {
      throw new Error(
        `ended with ${code} before it printed "${text}"; it printed: ${stdout}${stderr}`,
      );
    });
    await Promise.race([seen, ended]);
  };
  return { child, saw, done };
}

function script(version: string, program: string): string {
  return `#!/bin/sh
if [ "$1" = --version ]; then echo ${version}; exit; fi
exec '${program}' "$@"
`;
}

/** This repository's pinned pnpm, as the bootstrap has it or would get it. */
async function realPnpm(): Promise<{ program: string; version: string }> {
  const { pnpm: pin } = JSON.parse(readFileSync(join(ROOT, 'infra', 'toolchain.json'), 'utf8'));
  const state = process.env['LABS_STATE'] ?? join(ROOT, '.labs');
  const tool = locateTool('pnpm', pin.version, join(state, 'toolchain'));
  mkdirSync(dirname(tool.home), { recursive: true });
  if (!toolIsWhole(tool)) await installTool(tool, pin);
  return tool;
}
