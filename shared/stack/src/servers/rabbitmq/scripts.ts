import { access, readdir, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { needProgram } from '../../provision/machine.ts';
import type { Home } from '../../state.ts';

/** RabbitMQ's own start script, and Erlang's port mapper. */
export interface Scripts {
  readonly server: string;
  readonly epmd: string;
}

/** Finds them, installing RabbitMQ where that is possible. Throws `SERVER_ABSENT`. */
export async function findScripts(home: Home): Promise<Scripts> {
  const request = {
    server: 'rabbitmq',
    programs: ['rabbitmq-server'],
    debian: ['rabbitmq-server'],
    homebrew: 'rabbitmq',
  } as const;
  const onPath = await needProgram(home, request);
  const epmd = await needProgram(home, { ...request, programs: ['epmd'] });
  return { server: await ownScript(onPath), epmd };
}

/**
 * Debian puts a wrapper on the PATH that changes user and folders; the scripts that it wraps know
 * nothing of that. They are told by the defaults that lie beside them.
 */
async function ownScript(onPath: string): Promise<string> {
  const debian = '/usr/lib/rabbitmq/lib';
  const versions = await readdir(debian).catch(() => []);
  const candidates = [
    ...versions.map((version) => join(debian, version, 'sbin')),
    dirname(await realpath(onPath)),
  ];
  for (const dir of candidates) {
    const there = await Promise.all(
      ['rabbitmq-server', 'rabbitmq-defaults'].map((file) => isThere(join(dir, file))),
    );
    if (there.every(Boolean)) return join(dir, 'rabbitmq-server');
  }
  return onPath;
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
