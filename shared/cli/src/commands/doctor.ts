import { execFile } from 'node:child_process';
import { statfsSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { promisify } from 'node:util';
import { openStack, serverNames } from '@backend-labs/stack';
import type { Run } from '../command.ts';
import { readLabs } from '../labs.ts';
import { EXIT } from '../errors.ts';
import { Waiting } from '../ui/progress-line.ts';
import { paint } from '../ui/style.ts';

/** Free space that servers, packages and copies of a lab's database need, in bytes. */
const ROOM = 3e9;

interface Finding {
  readonly subject: string;
  readonly sound: boolean;
  readonly says: string;
  readonly fix?: string;
}

export const run: Run = async (args, context) => {
  const { root, stateDir } = context;
  const { labs, broken } = readLabs(root);
  const names = serverNames();
  const stack = await checkServers();
  const findings: Finding[] = [
    {
      subject: 'node',
      sound: true,
      says: `${process.version} on ${process.platform} ${process.arch}`,
    },
    {
      subject: 'machine',
      sound: true,
      says: `${availableParallelism()} cores, ${gigabytes(totalmem())} memory`,
    },
    room(root),
    await psql(),
    ...names.map((name): Finding => {
      const server = stack.servers[name];
      if (server)
        return { subject: name, sound: true, says: `${server.version}, by ${server.provision}` };
      const missing = stack.missing.find((fault) => fault.server === name);
      return {
        subject: name,
        sound: false,
        says: missing?.message ?? 'absent',
        fix: missing?.fix ?? '',
      };
    }),
    ...[...broken].map(([id, { message }]): Finding => ({
      subject: id,
      sound: false,
      says: message,
    })),
    ...labs.map(({ id, servers }): Finding => {
      const absent = servers.filter((name) => !stack.servers[name]);
      const sound = absent.length === 0;
      return {
        subject: id,
        sound,
        says: sound ? 'can run here' : `NOT RUN without ${absent.join(', ')}`,
      };
    }),
  ];
  if (args.on('json')) console.log(JSON.stringify({ findings }, null, 2));
  else for (const finding of findings) console.log(renderFinding(finding));
  return findings.every(({ sound }) => sound) ? EXIT.green : EXIT.machine;

  async function checkServers() {
    using waiting = new Waiting('Checking the servers');
    return await openStack(names, { root, stateDir, onProgress: waiting.say });
  }
};

function renderFinding({ subject, sound, says, fix }: Finding): string {
  const mark = sound ? paint('green', '✓') : paint('red', '✗');
  return `${mark} ${subject.padEnd(16)} ${says}${fix ? `\n${' '.repeat(19)}${fix}` : ''}`;
}

function room(root: string): Finding {
  const { bavail, bsize } = statfsSync(root);
  const free = bavail * bsize;
  return {
    subject: 'disk',
    sound: free >= ROOM,
    says: `${gigabytes(free)} free`,
    ...(free < ROOM && { fix: `Free some space: servers and databases need ${gigabytes(ROOM)}.` }),
  };
}

async function psql(): Promise<Finding> {
  try {
    const { stdout } = await promisify(execFile)('psql', ['--version']);
    return { subject: 'psql', sound: true, says: stdout.trim() };
  } catch {
    return {
      subject: 'psql',
      sound: true,
      says: 'not installed; only `labs psql` needs it',
    };
  }
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
