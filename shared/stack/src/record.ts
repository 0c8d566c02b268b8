import { rm } from 'node:fs/promises';
import type { ProcessId } from './process.ts';
import { type Home, readJson, serverPlace, writeJson } from './state.ts';
import type { Provision, ServerAddress, ServerName } from './types.ts';

/** What `server.json` remembers about a server between commands. */
export interface ServerRecord {
  readonly address: ServerAddress;
  /** Native only: the process that we started. */
  readonly process?: ProcessId;
  /** Native only: where its data is, when that cannot be under the state folder. */
  readonly dataDir?: string;
}

/** The record of a server, or undefined when there is none that makes sense. */
export async function readRecord(home: Home, name: ServerName): Promise<ServerRecord | undefined> {
  const value = await readJson(serverPlace(home, name).record);
  return isRecord(value) && value.address.name === name ? value : undefined;
}

export async function writeRecord(home: Home, record: ServerRecord): Promise<void> {
  await writeJson(serverPlace(home, record.address.name).record, record);
}

export async function forgetRecord(home: Home, name: ServerName): Promise<void> {
  await rm(serverPlace(home, name).record, { force: true });
}

const PROVISIONS: readonly Provision[] = ['url', 'compose', 'native'];

function isRecord(value: unknown): value is ServerRecord {
  if (!has(value, 'address')) return false;
  const { address } = value;
  if (!has(address, 'url') || typeof address.url !== 'string') return false;
  if (!has(address, 'version') || typeof address.version !== 'string') return false;
  if (!has(address, 'provision') || !PROVISIONS.some((known) => known === address.provision)) {
    return false;
  }
  if (!has(value, 'process') || value.process === undefined) return true;
  const { process } = value;
  return (
    has(process, 'pid') &&
    typeof process.pid === 'number' &&
    has(process, 'start') &&
    typeof process.start === 'string'
  );
}

function has<K extends string>(value: unknown, key: K): value is Record<K, unknown> {
  return typeof value === 'object' && value !== null && key in value;
}
