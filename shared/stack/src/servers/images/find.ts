import { callEngine, type EngineClient, engineClient, findDocker } from './client.ts';
import type { Endpoint } from '../definition.ts';

const ANSWER_MS = 5000;

/** The engine that already runs here, Docker before Podman; undefined if neither answers. */
export async function findEngine(): Promise<Endpoint | undefined> {
  return (await runningDocker()) ?? (await runningPodman());
}

/** Asks the engine for its version. Throws if it does not answer. */
export async function checkEngine({ url }: Endpoint, timeoutMs: number): Promise<string> {
  const client = await engineClient(url);
  const answer = await callEngine(client, versionOf(client), timeoutMs);
  return answer.trim();
}

function versionOf({ kind }: EngineClient): string[] {
  if (kind === 'docker') return ['version', '--format', '{{.Server.Version}}'];
  if (kind === 'podman') return ['version', '--format', '{{.Client.Version}}'];
  return ['version'];
}

async function runningDocker(): Promise<Endpoint | undefined> {
  const file = await findDocker();
  if (file === undefined) return undefined;
  const plain: EngineClient = { kind: 'docker', file, args: [], env: {} };
  try {
    const format = '{{.Endpoints.docker.Host}}';
    const host = await callEngine(plain, ['context', 'inspect', '--format', format], ANSWER_MS);
    const endpoint = { url: process.env['DOCKER_HOST'] || host.trim() };
    await checkEngine(endpoint, ANSWER_MS);
    return endpoint;
  } catch {
    return undefined;
  }
}

async function runningPodman(): Promise<Endpoint | undefined> {
  const endpoint = { url: 'podman:local' };
  try {
    const client = await engineClient(endpoint.url);
    await callEngine(client, ['info', '--format', '{{.Host.Os}}'], ANSWER_MS);
    return endpoint;
  } catch {
    return undefined;
  }
}
