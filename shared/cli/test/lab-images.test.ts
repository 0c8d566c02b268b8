import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { type Lab, layOut, readCatalog } from '@backend-labs/catalog';
import {
  callEngine,
  connectStack,
  engineClient,
  type ImagesLease,
  openStack,
} from '@backend-labs/stack';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Archives } from './support/archives.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const STATE = process.env['LABS_STATE'] ?? join(ROOT, '.labs');
const BUILD_MS = 240_000;

/** Its Dockerfile is the exercise, and its own tests build it. */
const EXERCISE = '08-dockerizing';

const labs = readCatalog(ROOT).labs.filter(
  ({ id, dir }) => id !== EXERCISE && existsSync(join(dir, 'Dockerfile')),
);
const { servers, missing } = await openStack(['images']);

const cleanup = new AsyncDisposableStack();
let place: ImagesLease;
let archives: Archives;

beforeAll(async () => {
  if (missing.length > 0) return;
  const stack = cleanup.use(connectStack(servers));
  const { images } = cleanup.use(await stack.lease({ lab: EXERCISE, servers: ['images'] }));
  if (images) place = images;
  archives = cleanup.use(await Archives.open(STATE));
});

afterAll(() => cleanup.disposeAsync());

describe.each(labs)('the image of $id', (lab) => {
  test.skipIf(missing.length > 0)(
    'is built of a learner’s copy, runs as a numeric user and starts',
    { timeout: BUILD_MS },
    async () => {
      const client = await engineClient(place.url);
      const call = (...words: string[]): Promise<string> => callEngine(client, words, BUILD_MS);
      using dir = temporary();
      layOut(lab, [], join(dir.path, 'copy'));
      const npmrc = join(dir.path, 'npmrc');
      writeFileSync(npmrc, archives.npmrc);
      const image = `${place.prefix}:${lab.id}`;
      const own = ['--label', place.label];
      const secret = ['--secret', `id=npmrc,src=${npmrc}`];
      const copy = join(dir.path, 'copy');
      await call('build', '--network', 'host', '--tag', image, ...own, ...secret, copy);
      if (client.kind === 'buildah') return;

      const said = await call('image', 'inspect', '--format', '{{json .Config}}', image);
      const config = JSON.parse(said) as { User: string; Cmd: string[] };
      expect(config.User).toMatch(/^[1-9]\d*(?::\d+)?$/u);
      expect(config.Cmd[0]).toBe('node');

      const env = Object.entries(variablesOf(lab)).flatMap(([key, value]) => [
        '--env',
        `${key}=${value}`,
      ]);
      const options = ['--rm', ...own, '--network', 'none', '--read-only', ...env];
      const look = await call('run', ...options, image, 'node', '-e', probe(lab));
      expect(look.split('\n')).toContain('well');
    },
  );
});

/** Servers that nobody provides; the service of each lab is alive without them. */
function variablesOf(lab: Lab): Record<string, string | undefined> {
  const local = join(lab.dir, 'local.env');
  const own = existsSync(local) ? parseEnv(readFileSync(local, 'utf8')) : {};
  const nowhere = '127.0.0.1:9';
  return {
    ...own,
    PORT: '3000',
    DATABASE_URL: `postgres://app@${nowhere}/app`,
    REDIS_URL: `redis://${nowhere}`,
    AMQP_URL: `amqp://${nowhere}`,
    KAFKA_BROKERS: nowhere,
  };
}

/** Asks `/healthz`. A service that waits for its broker before it listens only has to load. */
function probe({ servers: needed }: Lab): string {
  if (needed.includes('rabbitmq') || needed.includes('kafka'))
    return `import('/srv/src/app.ts').then(() => { console.log('well'); process.exit(); })`;
  return `
    const service = require('node:child_process').spawn('node', ['src/server.ts'], { stdio: 'inherit' });
    service.once('exit', (code) => { console.log('ended with ' + code); process.exit(); });
    (async () => {
      for (;;) {
        const answer = await fetch('http://127.0.0.1:3000/healthz').catch(() => undefined);
        if (answer?.status === 200) { console.log('well'); process.exit(); }
        await new Promise((done) => setTimeout(done, 100));
      }
    })();
    setTimeout(() => { console.log('no answer'); process.exit(); }, 20_000);`;
}

function temporary(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'labs-image-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}
