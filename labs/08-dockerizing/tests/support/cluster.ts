import { randomInt } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Container, eventually, expect, PgSession, runScript } from '@backend-labs/testkit';
import { test as base } from './image.ts';

const DATA = join(import.meta.dirname, '../../data');
/** The ticket has no bound for it here: an outer deadline. */
const READY_MS = 60_000;
/** A database with the lab's tables, and one whose migrations are the container's to run. */
const FRESH = 'fresh';

/** With containers of the image beside a Postgres of their own. */
export const test = base
  .extend('database', { scope: 'file' }, async ({ cleanup, file, images, run }) =>
    file.once('database', async () => {
      const postgres = cleanup.use(await images.postgres());
      const admin = cleanup.use(await PgSession.open(postgres.outerUrl()));
      await admin.query(`CREATE DATABASE ${FRESH}`);
      const fresh = cleanup.use(await PgSession.open(postgres.outerUrl(FRESH)));
      for (const path of globSync('*.sql', { cwd: DATA }).toSorted()) {
        const sql = readFileSync(join(DATA, path), 'utf8');
        await admin.query(sql);
        await fresh.query(sql);
      }
      const { code, stderr } = await runScript('migrate', {
        run,
        lease: { env: { DATABASE_URL: postgres.outerUrl() } },
      });
      expect({ code, stderr: stderr.slice(-5) }, 'npm run migrate').toMatchObject({ code: 0 });
      return {
        session: admin,
        fresh,
        url: postgres.innerUrl(),
        freshUrl: postgres.innerUrl(FRESH),
      };
    }),
  )
  .extend(
    'start',
    { scope: 'file' },
    ({ cleanup, images, built, database: { url } }) =>
      async (): Promise<Replica> => {
        const port = randomInt(4001, 9000);
        const env = { PORT: String(port), HOST: '0.0.0.0', DATABASE_URL: url };
        const container = cleanup.use(await images.start(built.image, { env, publish: port }));
        return Replica.ready(container, port);
      },
  );

/** A container that serves. */
export class Replica {
  readonly container: Container;
  readonly #url: string;

  private constructor(container: Container, url: string) {
    this.container = container;
    this.#url = url;
  }

  /** Waits for `GET /version`. Fails with the log when the container ends. */
  static async ready(container: Container, port: number): Promise<Replica> {
    const ended = async (): Promise<void> => {
      const logs = (await container.logs()).slice(-8).join('\n  ');
      expect(`the container ended:\n  ${logs}`).toBe('the container runs');
    };
    if (!(await container.running())) await ended();
    const replica = new Replica(container, await container.url(port));
    await eventually(
      'GET /version to answer 200 at the published port',
      async () => {
        if ((await replica.status('GET', '/version')) === 200) return true;
        if (!(await container.running())) await ended();
        return false;
      },
      { within: READY_MS, every: 250 },
    );
    return replica;
  }

  /** Status of the answer, or undefined when there was none. */
  async status(method: string, path: string, withinMs = 2_000): Promise<number | undefined> {
    return fetch(`${this.#url}${path}`, { method, signal: AbortSignal.timeout(withinMs) }).then(
      ({ status }) => status,
      () => undefined,
    );
  }

  /** The id of a new label. Fails when the answer is not 201. */
  async label(parcel: number): Promise<number> {
    const answer = await fetch(`${this.#url}/v1/parcels/${parcel}/labels`, {
      method: 'POST',
      signal: AbortSignal.timeout(10_000),
    });
    expect(answer.status, `POST /v1/parcels/${parcel}/labels`).toBe(201);
    const { label } = (await answer.json()) as { label: { id: number } };
    return label.id;
  }

  /** What process 1 is: its command line. */
  async first(): Promise<string> {
    const look = `require('node:fs').readFileSync('/proc/1/cmdline','utf8').replaceAll('\\0',' ')`;
    return (await this.container.exec('node', '-p', look)).text.trim();
  }

  /** The processes that have ended and that no parent has asked for, as `name (child of 1)`. */
  async zombies(): Promise<string[]> {
    const look = `for (const dir of require('node:fs').globSync('/proc/[0-9]*')) try {
      const [, name, state, parent] = /\\((.*)\\) (\\S) (\\d+)/su.exec(require('node:fs').readFileSync(dir + '/stat', 'utf8'));
      if (state === 'Z') console.log(name + ' (child of ' + parent + ')');
    } catch {}`;
    const { code, text } = await this.container.exec('node', '-e', look);
    expect({ code, text }, 'a look at the processes of the container').toMatchObject({ code: 0 });
    return text.split('\n').filter(Boolean);
  }
}
