import { randomInt } from 'node:crypto';
import {
  type Container,
  expect,
  explain,
  eventually,
  happens,
  type Image,
  judges,
  lesson,
  type RunOptions,
} from '@backend-labs/testkit';
import { test as base } from './support/image.ts';
import { notProcessOne } from './support/lessons.ts';

const READY_MS = 15_000;
const STOP_MS = 5_000;

const test = base
  .extend('port', { scope: 'file' }, () => randomInt(4001, 9000))
  .extend(
    'start',
    { scope: 'file' },
    ({ cleanup, images, built, port }) =>
      async (options: RunOptions) => {
        const env = { PORT: String(port), DATABASE_URL: 'postgres://app@127.0.0.1:9/labels' };
        return cleanup.use(await images.run(built.image, { publish: port, env, ...options }));
      },
  )
  // As most people run it: a file system that can be written, and root's usual capabilities.
  .extend('container', { scope: 'file' }, ({ file, start, port }) =>
    file.once('container', async () => {
      const container = await start({});
      await serves(container, port);
      return container;
    }),
  );

test(
  'the image runs as a user with a number, who is not root',
  judges('4.1'),
  async ({ built }) => {
    const { user } = await built.image.config();
    await explain(
      () =>
        expect(user === '' ? 'root' : user, 'the user of the image').toMatch(
          /^[1-9]\d*(?::\d+)?$/u,
        ),
      () => {
        if (/^(?:|0|root)(?::.*)?$/u.test(user))
          lesson('root', {
            observed: 'The processes of the image run as root.',
            meaning:
              'Root in a container is the same user as root outside; what keeps it in is the engine. A hole in the service or in the engine then opens the whole machine.',
            lookAt: 'the instruction that says who runs what comes after it, and where it belongs',
          });
        lesson('user-by-name', {
          observed: `The image runs as "${user}", which is a name.`,
          meaning:
            'A cluster that refuses root reads the setting of the image, not its /etc/passwd. From a name it cannot tell that the user is not root, so it does not start the container.',
          lookAt: 'the number behind the name: `id` shows it',
        });
      },
    );
  },
);

test('the service cannot change its own files', judges('4.2'), async ({ built: { image } }) => {
  const { user, workingDir } = await image.config();
  const [uid, gid] = await numbersOf(image, user);
  const below = workingDir.replace(/^\/+|\/+$/gu, '');
  const own = [...(await image.files())].filter(
    ([path, { type }]) => type !== 'link' && (path === below || path.startsWith(`${below}/`)),
  );
  expect(own.length, 'files in the working directory').toBeGreaterThan(1);
  const open = own.filter(
    ([, file]) =>
      uid === 0 ||
      (file.uid === uid && (file.mode & 0o200) !== 0) ||
      (file.gid === gid && (file.mode & 0o020) !== 0) ||
      (file.mode & 0o002) !== 0,
  );
  await explain(
    () => expect(open.length, `files in /${below} that the user of the image can write`).toBe(0),
    () => {
      const [path, file] = open[0] ?? [];
      if (uid === 0 || file === undefined) return;
      lesson('owner-of-its-code', {
        observed: `User ${uid} can write ${open.length} of ${own.length} files in /${below}, among them /${path} (owner ${file.uid}, mode ${file.mode.toString(8)}).`,
        meaning:
          'An attacker who gets the service to write a file can replace its program, which runs at the next start. A service has to read its code; it never has to change it.',
        lookAt:
          'the owner of the files that a COPY makes, unless it says otherwise, and whether the user needs more than to read them',
      });
    },
  );
});

test('it starts on a file system that it cannot write', judges('4.3'), async ({ start, port }) => {
  const container = await start({ readOnly: true, tmpfs: ['/tmp'], unprivileged: true });
  await explain(
    () => serves(container, port),
    async () => {
      const said = (await container.logs()).find((line) =>
        /EROFS|read-only file system/iu.test(line),
      );
      if (said === undefined) return;
      lesson('writes-its-disk', {
        observed: `With a read-only root the service does not start: ${said.trim().slice(0, 160)}.`,
        meaning:
          'The cluster mounts the root read-only, because nothing that a container writes there survives it anyway. Whatever a service keeps belongs in a database, in /tmp, or on stdout.',
        lookAt: 'what the service writes at its start, and whether anything reads it',
      });
    },
  );
});

test('a request is logged to stdout or stderr', judges('4.4'), async ({ container, port }) => {
  const mark = `/version?mark=${randomInt(1e9)}`;
  await inside(container, port, mark);
  const logged = () =>
    happens(async () => (await container.logs()).some((line) => line.includes(mark)), {
      within: 5_000,
      every: 200,
    });
  await explain(
    async () =>
      expect(await logged(), `a line about GET ${mark} in the log of the container`).toBe(true),
    async () => {
      const find = `for (const path of require('node:fs').globSync('{/srv,/app,/var/log,/tmp,.}/**/*.{log,txt,json}'))
        try { if (require('node:fs').readFileSync(path, 'utf8').includes('${mark}')) console.log(path) } catch {}`;
      const { text } = await container.exec('node', '-e', find);
      const [path] = text.trim().split('\n');
      if (!path?.endsWith('.log')) return;
      lesson('log-in-a-file', {
        observed: `\`docker logs\` does not show the request. It is in ${path}, inside the container.`,
        meaning:
          'A file in a container is gone with it, fills its disk until then, and is read by nobody: the platform collects what processes write to stdout and stderr.',
        lookAt: 'the destination of the logger, and its default',
      });
    },
  );
});

test('it can be reached from outside at PORT', judges('4.5'), async ({ container, port }) => {
  const url = await container.url(port);
  await explain(
    async () =>
      expect(
        await happens(() => outside(url), { within: 3_000 }),
        `an answer at the published port ${port}`,
      ).toBe(true),
    async () => {
      if ((await inside(container, port, '/version')) !== 200) return;
      lesson('its-own-loopback', {
        observed: `Inside the container GET /version answers 200 at 127.0.0.1:${port}; from outside, the published port gets no answer.`,
        meaning:
          'A container has a network of its own, with a loopback of its own. A published port leads to its outer interface, and nobody listens there.',
        lookAt: 'the address that the service binds to, and which variable says so',
      });
    },
  );
});

test('SIGTERM ends it', judges('4.6'), async ({ start, port }) => {
  const container = await start({});
  await serves(container, port);
  const first = await container.exec(
    'node',
    '-p',
    "require('node:fs').readFileSync('/proc/1/cmdline','utf8').replaceAll('\\0',' ')",
  );
  await container.signal('SIGTERM');
  const exit = await container.exit(STOP_MS);
  await explain(
    () =>
      expect(
        exit === undefined ? 'still running' : `exit code ${exit.code}`,
        `${STOP_MS / 1000} s after SIGTERM`,
      ).toBe('exit code 0'),
    () => {
      notProcessOne(first.text.trim(), exit);
    },
  );
});

/** Waits until GET /version answers 200 inside. Fails with the log when the container ends. */
async function serves(container: Container, port: number): Promise<void> {
  await eventually(
    'GET /version to answer 200 in the container',
    async () => {
      if (!(await container.running())) {
        const logs = (await container.logs()).slice(-8).join('\n  ');
        expect(`the container ended:\n  ${logs}`).toBe('the container runs');
      }
      return (await inside(container, port, '/version')) === 200;
    },
    { within: READY_MS, every: 250 },
  );
}

async function inside(container: Container, port: number, path: string): Promise<number> {
  const look = `fetch('http://127.0.0.1:${port}${path}').then((r) => console.log(r.status), () => console.log(0))`;
  const { text } = await container.exec('node', '-e', look);
  return Number(text.trim());
}

async function outside(url: string): Promise<boolean> {
  return fetch(`${url}/version`, { signal: AbortSignal.timeout(2_000) }).then(
    ({ status }) => status === 200,
    () => false,
  );
}

/** User and group of the image as numbers; a name is looked up in its /etc/passwd. */
async function numbersOf(image: Image, user: string): Promise<[number, number]> {
  const [name = '', group] = user.split(':');
  if (/^\d+$/u.test(name)) return [Number(name), Number(group ?? 0)];
  const passwd = (await image.files()).get('etc/passwd')?.content().toString('utf8') ?? '';
  const line = passwd.split('\n').find((row) => row.startsWith(`${name}:`));
  const [, , uid = '0', gid = '0'] = line?.split(':') ?? [];
  return [Number(uid), Number(gid)];
}
