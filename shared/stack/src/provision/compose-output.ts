import type { ComposeService } from '../servers/definition.ts';

type Json = Readonly<Record<string, unknown>>;

/** Whether `docker compose ps --format json` shows the service running, and healthy if it says. */
export function isRunningService(ps: string, name: string): boolean {
  const row = rowOf(ps, name);
  return (
    row?.['State'] === 'running' &&
    (row['Health'] ?? '') !== 'unhealthy' &&
    row['Health'] !== 'starting'
  );
}

/**
 * Reads the environment, image tag and published ports of one service from the output of `docker
 * compose config --format json` and `ps --format json`.
 */
export function readService(config: string, ps: string, name: string): ComposeService {
  const services = asObject(asObject(JSON.parse(config))?.['services']);
  const service = asObject(services?.[name]);
  const environment = Object.entries(asObject(service?.['environment']) ?? {});
  const image = service?.['image'];
  const publishers = rowOf(ps, name)?.['Publishers'];
  const ports = (Array.isArray(publishers) ? publishers : []).map(asObject);
  return {
    environment: Object.fromEntries(environment.map(([key, value]) => [key, String(value)])),
    tag: /:([^:/@]+)(?:@.*)?$/u.exec(typeof image === 'string' ? image : '')?.[1] ?? 'unknown',
    port(containerPort) {
      const found = ports.find(
        (port) => port?.['TargetPort'] === containerPort && Number(port['PublishedPort']) > 0,
      );
      return found === undefined ? undefined : Number(found['PublishedPort']);
    },
  };
}

/** Compose prints one object a line; before 2.21 it printed one array. */
function rowOf(ps: string, name: string): Json | undefined {
  const text = ps.trim();
  if (text === '') return undefined;
  const parsed: unknown = JSON.parse(
    text.startsWith('[') ? text : `[${text.split('\n').join(',')}]`,
  );
  const rows = Array.isArray(parsed) ? parsed.map(asObject) : [];
  return rows.find((row) => row?.['Service'] === name);
}

function asObject(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null ? (value as Json) : undefined;
}
