import { callEngine, type EngineClient } from '@backend-labs/stack';
import type * as Package from 'testcontainers';
import { TestkitError } from '../errors.ts';

/**
 * The package, pointed at the engine of `client`, whichever it would have found by itself. It reads
 * the address from the environment, once in a process. Throws `TestkitError` for an engine without
 * an API that it speaks.
 */
export async function testcontainers(client: EngineClient): Promise<typeof Package> {
  const url = await apiOf(client);
  process.env['DOCKER_HOST'] = url;
  // Inside of a container it would look for the engine's default bridge, which ours does not have,
  // and then for an image of a registry.
  if (!/^(?:tcp|https?):/u.test(url)) process.env['TESTCONTAINERS_HOST_OVERRIDE'] = '127.0.0.1';
  return import('testcontainers');
}

/**
 * Ryuk, its helper image that removes what was left behind, comes from a registry. Here the label of
 * the lease does that.
 */
export function ours(
  container: Package.GenericContainer,
  label: string,
  name: string,
): Package.GenericContainer {
  const [key = '', value = ''] = label.split('=');
  return container
    .withAutoCleanup(false)
    .withLabels({ [key]: value })
    .withName(name);
}

async function apiOf(client: EngineClient): Promise<string> {
  if (client.kind === 'docker') {
    const url = client.args[client.args.indexOf('--host') + 1] ?? '';
    if (/^(?:unix|npipe|tcp):/u.test(url)) return url;
    throw unreachable(`Testcontainers cannot reach an engine at ${url}.`);
  }
  if (client.kind === 'buildah')
    throw unreachable('buildah builds images and starts no containers.');
  const socket = '{{.Host.RemoteSocket.Exists}} {{.Host.RemoteSocket.Path}}';
  const said = await callEngine(client, ['info', '--format', socket]);
  const [exists, path = ''] = said.trim().split(' ');
  if (exists === 'true') return `unix://${path.replace(/^unix:\/\//u, '')}`;
  throw unreachable(
    'Podman has no API socket here.',
    'run `systemctl --user start podman.socket`, or use Docker',
  );
}

function unreachable(message: string, fix = 'use Docker or Podman for this task'): TestkitError {
  return new TestkitError('NOT_PROVIDED', message, fix);
}
