import { setTimeout as sleep } from 'node:timers/promises';
import { callEngine, type EngineClient, engineOutput } from '@backend-labs/stack';
import { ProbeTrouble } from '../errors.ts';

const LOOK_MS = 50;

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Instead of the image's own command. */
  readonly command?: readonly string[];
  /** A port of the container that is published on a free port of 127.0.0.1. */
  readonly publish?: number;
  /** A root file system that nobody can write. */
  readonly readOnly?: boolean;
  /** Folders in memory that can be written. */
  readonly tmpfs?: readonly string[];
  /** Without any of root's capabilities, and without a way to new ones. */
  readonly unprivileged?: boolean;
  /** Instead of the lease's own, e.g. `none` or `host`. */
  readonly network?: string;
}

/** How a container ended. */
export interface ContainerExit {
  readonly code: number;
  readonly outOfMemory: boolean;
}

/** A container, running or not. */
export class Container implements AsyncDisposable {
  readonly id: string;
  readonly #client: EngineClient;

  constructor(client: EngineClient, id: string) {
    this.#client = client;
    this.id = id;
  }

  /** Where a published port can be reached from here: `http://127.0.0.1:…`. */
  async url(port: number): Promise<string> {
    const said = await this.#call('find a published port', ['port', this.id, `${port}/tcp`]);
    return `http://${said.trim().split('\n')[0]?.replace('0.0.0.0', '127.0.0.1')}`;
  }

  /** Lines of both streams so far. */
  async logs(): Promise<string[]> {
    const { text } = await engineOutput(this.#client, ['logs', this.id], 20_000);
    return text.split('\n').filter((line) => line !== '');
  }

  /** Sends a signal to process 1. */
  async signal(signal: NodeJS.Signals): Promise<void> {
    await this.#call('send a signal', ['kill', '--signal', signal, this.id]);
  }

  /** How it ended, or undefined when it still runs after `withinMs`. */
  async exit(withinMs: number): Promise<ContainerExit | undefined> {
    const deadline = performance.now() + withinMs;
    for (;;) {
      const state = await this.#state();
      if (state['Running'] !== true)
        return { code: Number(state['ExitCode']), outOfMemory: state['OOMKilled'] === true };
      if (performance.now() > deadline) return undefined;
      await sleep(LOOK_MS);
    }
  }

  async running(): Promise<boolean> {
    return (await this.#state())['Running'] === true;
  }

  /** Runs a program inside. Resolves with what it wrote, whatever its exit code. */
  async exec(...command: readonly string[]): Promise<{ code: number; text: string }> {
    return engineOutput(this.#client, ['exec', this.id, ...command], 30_000);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await engineOutput(this.#client, ['rm', '--force', '--volumes', this.id], 60_000);
  }

  async #state(): Promise<Record<string, unknown>> {
    const words = ['inspect', '--format', '{{json .State}}', this.id];
    return JSON.parse(await this.#call('look at a container', words)) as Record<string, unknown>;
  }

  async #call(doing: string, words: readonly string[]): Promise<string> {
    try {
      return await callEngine(this.#client, words);
    } catch (error) {
      throw new ProbeTrouble('images', doing, error);
    }
  }
}

/** The words before the image's name. */
export function runArguments(
  options: RunOptions & { readonly network: string },
  label: string,
  name: string,
): string[] {
  const { env = {}, publish, readOnly, tmpfs = [], unprivileged, network } = options;
  const words = ['run', '--detach', '--name', name, '--label', label, '--network', network];
  for (const [key, value] of Object.entries(env)) words.push('--env', `${key}=${value}`);
  for (const dir of tmpfs) words.push('--tmpfs', dir);
  if (publish !== undefined) words.push('--publish', `127.0.0.1::${publish}`);
  if (readOnly) words.push('--read-only');
  if (unprivileged) words.push('--cap-drop', 'ALL', '--security-opt', 'no-new-privileges');
  return words;
}
