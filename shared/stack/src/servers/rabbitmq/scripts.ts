import { access, readdir, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { needProgram } from '../../provision/machine.ts';
import type { StackContext } from '../../state.ts';

/** RabbitMQ's own start script, and Erlang's port mapper. */
export interface Scripts {
  readonly server: string;
  readonly epmd: string;
}

/** Finds them, installing RabbitMQ where that is possible. Throws `SERVER_ABSENT`. */
export async function findScripts(context: StackContext): Promise<Scripts> {
  const request = {
    server: 'rabbitmq',
    programs: ['rabbitmq-server'],
    debian: ['rabbitmq-server'],
    homebrew: 'rabbitmq',
  } as const;
  const onPath = await needProgram(context, request);
  const epmd = await needProgram(context, { ...request, programs: ['epmd'] });
  return { server: await ownScript(onPath), epmd };
}

/**
 * Debian's `rabbitmq-server` on the PATH is a wrapper that changes the user and the folders. The
 * scripts that it wraps do not; they are the ones with `rabbitmq-defaults` beside them.
 */
async function ownScript(onPath: string): Promise<string> {
  const debian = '/usr/lib/rabbitmq/lib';
  const versions = await readdir(debian).catch(() => []);
  const candidates = [
    ...versions.map((version) => join(debian, version, 'sbin')),
    dirname(await realpath(onPath)),
  ];
  for (const dir of candidates) {
    const found = await Promise.all(
      ['rabbitmq-server', 'rabbitmq-defaults'].map((file) => exists(join(dir, file))),
    );
    if (found.every(Boolean)) return join(dir, 'rabbitmq-server');
  }
  return onPath;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
