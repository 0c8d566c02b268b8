import { execFile } from 'node:child_process';
import { accessSync, constants, mkdirSync, statfsSync, statSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { promisify } from 'node:util';
import { openStack, serverNames } from '@backend-labs/stack';
import type { Run } from '../command.ts';
import type { Context } from '../context.ts';
import { EXIT, sentence } from '../errors.ts';
import { readLabs } from '../labs.ts';
import { Waiting } from '../ui/progress-line.ts';
import { paint } from '../ui/style.ts';

/** Free space that servers, packages and copies of a lab's database need, in bytes. */
const ROOM = 3e9;

const REPORT = 'See what happened: `npm run labs -- stack status`.';

const BUILDS_ONLY = '; it starts no containers, so tests that need one are NOT RUN';

interface Finding {
  readonly subject: string;
  readonly sound: boolean;
  readonly says: string;
  readonly fix?: string;
}

/** What one probe found: a line for each. Whatever else is broken, the others are printed too. */
type Probe = () => Finding[] | Promise<Finding[]>;

export const run: Run = async (args, context) => {
  const { root, stateDir } = context;
  const servers = await checkServers(context);
  const probes: [string, Probe][] = [
    ['node', () => [node()]],
    ['machine', () => [machine()]],
    ['disk', () => [room(root)]],
    ['state', () => [state(stateDir)]],
    ['psql', async () => [await psql()]],
    ['servers', () => servers],
    ['labs', () => labs(context, servers)],
  ];
  const findings: Finding[] = [];
  for (const [subject, probe] of probes) {
    try {
      findings.push(...(await probe()));
    } catch (error) {
      findings.push(trouble(subject, error));
    }
  }
  if (args.on('json')) console.log(JSON.stringify({ findings }, null, 2));
  else for (const finding of findings) console.log(renderFinding(finding));
  return findings.every(({ sound }) => sound) ? EXIT.green : EXIT.machine;
};

/** One line a server: one that cannot even be asked does not keep the others from being listed. */
async function checkServers({ root, stateDir }: Context): Promise<Finding[]> {
  using waiting = new Waiting('Checking the servers');
  const onProgress = waiting.say;
  return await Promise.all(
    serverNames().map(async (subject): Promise<Finding> => {
      try {
        const { servers, missing } = await openStack([subject], {
          root,
          stateDir,
          onProgress,
          prepare: false,
        });
        const server = servers[subject];
        if (server) {
          const limit = server.url.startsWith('buildah:') ? BUILDS_ONLY : '';
          const says = `${server.version}, by ${server.provision}${limit}`;
          return { subject, sound: true, says };
        }
        return trouble(subject, missing[0]);
      } catch (error) {
        return trouble(subject, error);
      }
    }),
  );
}

function trouble(subject: string, error: unknown): Finding {
  const { message, fix } = { message: String(error), fix: undefined, ...asRecord(error) };
  return {
    subject,
    sound: false,
    says: error instanceof Error ? error.message : message,
    fix: typeof fix === 'string' ? sentence(fix) : REPORT,
  };
}

function asRecord(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {};
}

function labs(context: Context, servers: readonly Finding[]): Finding[] {
  const catalog = readLabs(context);
  const there = new Set(servers.filter(({ sound }) => sound).map(({ subject }) => subject));
  return [
    ...[...catalog.broken].map(([subject, { message }]): Finding => {
      return {
        subject,
        sound: false,
        says: message,
        fix: `Run \`git checkout -- labs/${subject}\`.`,
      };
    }),
    ...catalog.labs.map((lab): Finding => {
      const without = lab.servers.filter((name) => !there.has(name));
      const sound = without.length === 0;
      const says = sound ? 'can run here' : `NOT RUN without ${without.join(', ')}`;
      return { subject: lab.id, sound, says };
    }),
  ];
}

function node(): Finding {
  const says = `${process.version} on ${process.platform} ${process.arch}`;
  return { subject: 'node', sound: true, says };
}

function machine(): Finding {
  const says = `${availableParallelism()} cores, ${gigabytes(totalmem())} memory`;
  return { subject: 'machine', sound: true, says };
}

/** Where progress, attempts and the servers' data are. */
function state(stateDir: string): Finding {
  try {
    mkdirSync(stateDir, { recursive: true });
    accessSync(stateDir, constants.W_OK);
    if (!statSync(stateDir).isDirectory()) throw new Error('it is a file');
    return { subject: 'state', sound: true, says: stateDir };
  } catch {
    const says = `${stateDir} is not a folder that you can write`;
    const fix = 'Choose another: `export LABS_STATE=$HOME/.backend-labs`.';
    return { subject: 'state', sound: false, says, fix };
  }
}

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
    ...(free < ROOM && {
      fix: `Servers and databases need ${gigabytes(ROOM)}. See what takes the space: \`du -sh .labs work\`.`,
    }),
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
