import { reason, ServerUnavailable, StackError } from '../../errors.ts';
import { isOrphan, OWNER_TAG, ownerTag } from '../../owner.ts';
import type { LeaseRequest, ServerAddress } from '../../types.ts';
import type { LeasePart, Leases } from '../leases.ts';
import { callEngine, type EngineClient, engineClient } from './client.ts';
import type { ImagesLease } from './types.ts';

export const LABEL = 'backend-labs.lease';
/** A busy disk takes its time with hundreds of megabytes. */
const REMOVE_MS = 180_000;

/** A label for each lease: what carries it is removed with the lease, or after its owner's end. */
export class ImageLeases implements Leases {
  readonly #address: ServerAddress;
  #client: Promise<EngineClient> | undefined;
  #reclaimed: Promise<void> | undefined;

  constructor(address: ServerAddress) {
    this.#address = address;
  }

  async lease(_request: LeaseRequest, suffix: string): Promise<LeasePart> {
    const id = `${await ownerTag()}_${suffix}`;
    try {
      this.#client ??= engineClient(this.#address.url);
      const client = await this.#client;
      this.#reclaimed ??= this.#reclaim(client);
      await this.#reclaimed;
      const part: ImagesLease = {
        url: this.#address.url,
        label: `${LABEL}=${id}`,
        prefix: `backend-labs/${id}`,
      };
      return { part, env: {}, release: () => this.#drop(client, part.label) };
    } catch (error) {
      throw asStackError('lease a place for images', error);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // The client is a program that ends with each call.
  }

  async #drop(client: EngineClient, label: string): Promise<void> {
    try {
      await removeLabelled(client, label);
    } catch (error) {
      throw asStackError(`remove what ${label} made`, error);
    }
  }

  /** Removes what dead runs left behind. */
  async #reclaim(client: EngineClient): Promise<void> {
    const exclusive = this.#address.provision === 'native';
    for (const id of await labelled(client)) {
      if (await isOrphan(id, exclusive)) await removeLabelled(client, `${LABEL}=${id}`);
    }
  }
}

/** Removes the containers, networks, volumes and images that carry the label. */
export async function removeLabelled(client: EngineClient, label: string): Promise<void> {
  const filter = ['--quiet', '--filter', `label=${label}`];
  const list = async (...words: string[]): Promise<string[]> =>
    lines(await callEngine(client, [...words, ...filter]));
  if (client.kind !== 'buildah') {
    await remove(client, ['rm', '--force', '--volumes'], await list('ps', '--all', '--no-trunc'));
    await remove(client, ['network', 'rm'], await list('network', 'ls', '--no-trunc'));
    await remove(client, ['volume', 'rm', '--force'], await list('volume', 'ls'));
  }
  await remove(client, removeImages(client), await list('images', '--all', '--no-trunc'));
}

function removeImages({ kind }: EngineClient): string[] {
  return kind === 'buildah' ? ['rmi', '--force'] : ['image', 'rm', '--force'];
}

/** What is gone already is no trouble: two runs may clear the same remains. */
async function remove(client: EngineClient, command: string[], names: string[]): Promise<void> {
  if (names.length === 0) return;
  try {
    await callEngine(client, [...command, ...new Set(names)], REMOVE_MS);
  } catch (error) {
    if (!/no such|not found|not known|already in progress/iu.test(reason(error))) throw error;
  }
}

/** The leases that anything is labelled with. */
async function labelled(client: EngineClient): Promise<Set<string>> {
  const filter = ['--filter', `label=${LABEL}`];
  const found: string[] = [];
  if (client.kind !== 'buildah') {
    const shown = `{{.Label "${LABEL}"}}`;
    for (const list of [
      ['ps', '--all'],
      ['network', 'ls'],
      ['volume', 'ls'],
    ]) {
      const format = client.kind === 'docker' ? shown : '{{.Labels}}';
      found.push(await callEngine(client, [...list, ...filter, '--format', format]));
    }
  }
  // An image's name begins with its lease's prefix; the list of images shows no labels.
  const names = client.kind === 'docker' ? '{{.Repository}}' : '{{.Name}}';
  const format = client.kind === 'podman' ? '{{.Repository}}' : names;
  found.push(await callEngine(client, ['images', ...filter, '--format', format]));
  const id = new RegExp(`${OWNER_TAG.source}_[0-9a-f]{6}`, 'gu');
  return new Set(found.join('\n').match(id));
}

function lines(output: string): string[] {
  return output.split('\n').filter((line) => line !== '');
}

function asStackError(doing: string, error: unknown): StackError {
  if (error instanceof StackError) return error;
  return new ServerUnavailable(
    'SERVER_BROKEN',
    'images',
    `the image engine could not ${doing}: ${reason(error)}`,
    'run `npm run labs -- stack status`',
    error,
  );
}
