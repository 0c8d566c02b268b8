import { rm } from 'node:fs/promises';
import type { ProcessId } from './process.ts';
import { type StackContext, readJson, serverFiles, writeJson } from './state.ts';
import type { Provision, ServerAddress, ServerName } from './types.ts';

/** What `server.json` keeps about a server between commands. */
export interface ServerRecord {
  readonly address: ServerAddress;
  /** Native only: the process that we started. */
  readonly process?: ProcessId;
  /** Native only: where its data is. */
  readonly dataDir?: string;
}

/** The record of a server, or undefined if there is none or it is malformed. */
export async function readRecord(
  context: StackContext,
  name: ServerName,
): Promise<ServerRecord | undefined> {
  const value = await readJson(serverFiles(context, name).record);
  return isRecord(value) && value.address.name === name ? value : undefined;
}

export async function writeRecord(context: StackContext, record: ServerRecord): Promise<void> {
  await writeJson(serverFiles(context, record.address.name).record, record);
}

export async function forgetRecord(context: StackContext, name: ServerName): Promise<void> {
  await rm(serverFiles(context, name).record, { force: true });
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
