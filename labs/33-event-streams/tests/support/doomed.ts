import {
  beforeStatement,
  type Lease,
  type Service,
  type StartedService,
  type Tap,
  TcpProxy,
} from '@backend-labs/testkit';

const TABLES =
  /\b(?:insert\s+into|(?<!\b(?:do|for)\s+)update|merge\s+into)\s+(?:only\s+)?(?:public\.)?"?(\w+)/giu;

/** Tables that a statement writes to, by name. */
function written(sql: string): string[] {
  return [...sql.matchAll(TABLES)].flatMap(([, table]) => table?.toLowerCase() ?? []);
}

const isEffect = (table: string): boolean => table === 'usage' || table === 'account_plans';

/** `usage-begins`: a statement that writes to it. `usage-committed`: one that comes after such a commit. */
export type Moment = 'usage-begins' | 'usage-committed';

/** An instance that can be killed at a certain statement, which never arrives. */
export class Doomed implements AsyncDisposable {
  killed = false;
  /** It keeps note of something in the database, beside usage and plans. */
  keepsNote = false;
  /** Statements that keep such a note in a commit of their own. */
  readonly notedApart: string[] = [];
  readonly service: StartedService;
  readonly #proxy: TcpProxy;

  private constructor(service: StartedService, proxy: TcpProxy) {
    this.service = service;
    this.#proxy = proxy;
  }

  /** Starts one. `atMoment` is called when a moment comes, and answers whether it is the right one. */
  static async start(
    instance: Service,
    { postgres }: Lease,
    atMoment: (moment: Moment) => Promise<boolean> | boolean,
  ): Promise<Doomed> {
    const url = postgres?.url ?? '';
    const born = Promise.withResolvers<Doomed>();
    let committed = false;
    const come = async (moment: Moment): Promise<boolean> => {
      const doomed = await born.promise;
      if (doomed.killed) return true;
      if (!(await atMoment(moment))) return false;
      doomed.killed = true;
      await doomed.service.kill();
      return true;
    };
    const tap = (): Tap => {
      let open: string[] | undefined;
      const ends = async (statements: readonly string[]): Promise<void> => {
        const tables = statements.flatMap(written);
        if (tables.includes('usage')) committed = true;
        if (tables.every(isEffect)) return;
        const doomed = await born.promise;
        doomed.keepsNote = true;
        if (!tables.some(isEffect))
          doomed.notedApart.push(statements.find((sql) => written(sql).length > 0) ?? '');
      };
      return beforeStatement(async (sql) => {
        const verb = /^\s*(?<verb>\w+)/u.exec(sql)?.groups?.['verb']?.toLowerCase();
        const late = committed && (await come('usage-committed'));
        const begins = written(sql).includes('usage') && (await come('usage-begins'));
        if (verb === 'begin' || verb === 'start') open = [];
        else if (verb === 'rollback') open = undefined;
        else if (verb === 'commit' || verb === 'end') {
          const statements = open ?? [];
          open = undefined;
          if (!late) await ends(statements);
        } else if (open) open.push(sql);
        else await ends([sql]);
        return late || begins ? 'cut' : undefined;
      });
    };
    const proxy = await TcpProxy.to(url, tap);
    try {
      const service = await instance.with({ DATABASE_URL: proxy.rewrite(url) }).start();
      const doomed = new Doomed(service, proxy);
      born.resolve(doomed);
      return doomed;
    } catch (error) {
      await proxy[Symbol.asyncDispose]();
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.service[Symbol.asyncDispose]();
    await this.#proxy[Symbol.asyncDispose]();
  }
}
