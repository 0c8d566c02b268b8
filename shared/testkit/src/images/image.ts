import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { callEngine, type EngineClient } from '@backend-labs/stack';
import { ProbeTrouble } from '../errors.ts';
import { type ImageFile, type Layer, mergeLayers, readArchive } from './layers.ts';

const SAVE_MS = 120_000;

/** How containers of an image start, unless told otherwise. */
export interface ImageConfig {
  readonly user: string;
  readonly env: readonly string[];
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly workingDir: string;
  readonly ports: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly stopSignal: string | undefined;
  /** Digests of the unpacked layers, the lowest first. */
  readonly layerIds: readonly string[];
}

/** An image that the engine has. */
export class Image implements AsyncDisposable {
  readonly name: string;
  readonly #client: EngineClient;
  #archive: Promise<{ readonly dir: string; readonly layers: readonly Layer[] }> | undefined;

  constructor(client: EngineClient, name: string) {
    this.#client = client;
    this.name = name;
  }

  async config(): Promise<ImageConfig> {
    const { config, layerIds } = await this.#inspect();
    return {
      user: text(config['User']),
      env: texts(config['Env']),
      entrypoint: texts(config['Entrypoint']),
      command: texts(config['Cmd']),
      workingDir: text(config['WorkingDir']) || '/',
      ports: Object.keys(record(config['ExposedPorts'])),
      labels: record(config['Labels']) as Record<string, string>,
      stopSignal: text(config['StopSignal']) || undefined,
      layerIds,
    };
  }

  /** What made each layer, the newest first, in the engine's words. */
  async history(): Promise<string[]> {
    if (this.#client.kind === 'buildah') {
      const { whole } = await this.#inspect();
      const made = record(whole['OCIv1'])['history'];
      return (Array.isArray(made) ? made : [])
        .map((entry) => text(record(entry)['created_by']))
        .toReversed();
    }
    const words = ['history', '--no-trunc', '--format', '{{.CreatedBy}}', this.name];
    return (await this.#call('read the history', words)).split('\n').filter(Boolean);
  }

  /** Every layer, the lowest first, as it is stored. Kept on disk until this is disposed. */
  async layers(): Promise<readonly Layer[]> {
    this.#archive ??= this.#save();
    return (await this.#archive).layers;
  }

  /** The files that a container sees, by their path without a slash in front. */
  async files(): Promise<ReadonlyMap<string, ImageFile>> {
    return mergeLayers(await this.layers());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const saved = await this.#archive?.catch(() => undefined);
    for (const layer of saved?.layers ?? []) layer[Symbol.dispose]();
    if (saved) await rm(saved.dir, { recursive: true, force: true });
    this.#archive = undefined;
  }

  async #save(): Promise<{ dir: string; layers: readonly Layer[] }> {
    const dir = await mkdtemp(join(tmpdir(), 'labs-image-'));
    const file = join(dir, 'image.tar');
    const words = {
      docker: ['save', '--output', file, this.name],
      podman: ['save', '--format', 'docker-archive', '--output', file, this.name],
      buildah: ['push', this.name, `docker-archive:${file}`],
    }[this.#client.kind];
    try {
      await this.#call('save an image', words);
      return { dir, layers: readArchive(file) };
    } catch (error) {
      await rm(dir, { recursive: true, force: true });
      throw error;
    }
  }

  async #inspect() {
    const words =
      this.#client.kind === 'buildah'
        ? ['inspect', '--type', 'image', this.name]
        : ['image', 'inspect', this.name];
    const parsed: unknown = JSON.parse(await this.#call('inspect an image', words));
    const whole = record(Array.isArray(parsed) ? parsed[0] : parsed);
    // buildah's own `Config` is the same as a text.
    const docker = record(whole['Docker']);
    const layers = record(docker['rootfs'] ?? whole['RootFS']);
    return {
      whole,
      config: record(docker['config'] ?? whole['Config']),
      layerIds: texts(layers['diff_ids'] ?? layers['Layers']),
    };
  }

  async #call(doing: string, words: readonly string[]): Promise<string> {
    try {
      return await callEngine(this.#client, words, SAVE_MS);
    } catch (error) {
      throw new ProbeTrouble('images', doing, error);
    }
  }
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.map(text) : [];
}
