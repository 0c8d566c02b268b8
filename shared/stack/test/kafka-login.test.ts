import { cp, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { openStack } from '../src/index.ts';
import { findByFolder } from '../src/process.ts';
import { readAddress, writeAddress } from '../src/servers/kafka/address.ts';
import { checkKafka } from '../src/servers/kafka/check.ts';
import { resolveContext, serverFiles } from '../src/state.ts';
import { type Sandbox, sandbox } from './support/sandbox.ts';
import { tempDir } from './support/stub.ts';

const REPOSITORY = resolve(import.meta.dirname, '../../..');
let box: Sandbox;

beforeAll(async () => {
  box = await sandbox();
  await openStack(['kafka'], box.options);
});

afterAll(async () => {
  await box[Symbol.asyncDispose]();
  vi.unstubAllEnvs();
});

test('no listener answers without a login', async () => {
  const { dataDir = '' } = await box.record('kafka');
  const settings = await readFile(join(dataDir, 'server.properties'), 'utf8');
  const listeners = /^listeners=(.*)$/mu.exec(settings)?.[1]?.split(',') ?? [];
  expect(listeners).toHaveLength(2);
  for (const listener of listeners) {
    const url = listener.replace(/^.*:\/\//u, '');
    await expect(checkKafka({ url }, 2000)).rejects.toThrow(/closed without an answer/u);
  }
});

test('a broker that asks for no login is ended, whether it is recorded or was just started', async () => {
  // As an earlier version of this repository recorded its own.
  const record = await box.record('kafka');
  const { brokers } = readAddress(record.address.url);
  const address = { ...record.address, url: writeAddress({ brokers }) };
  const files = serverFiles(resolveContext(box.options), 'kafka');
  await writeFile(files.record, JSON.stringify({ ...record, address }));

  const root = await tempDir('root');
  await cp(join(REPOSITORY, 'infra/kafka'), join(root, 'infra/kafka'), { recursive: true });
  const file = join(root, 'infra/kafka/server.properties');
  const settings = await readFile(file, 'utf8');
  await writeFile(file, settings.replace('CLIENTS:SASL_PLAINTEXT', 'CLIENTS:PLAINTEXT'));

  const { servers, missing } = await openStack(['kafka'], { ...box.options, root });
  expect(servers).toEqual({});
  expect(missing[0]?.message).toContain('asks for no login');
  expect(await findByFolder(box.stateDir)).toEqual([]);
});
