import { beforeStatement, type Cut, TcpProxy } from '@backend-labs/testkit';

/** The line between a program and Postgres, where a test may hold a statement, or cut the line before it. */
export class Ledger implements AsyncDisposable {
  before: (sql: string) => Cut | Promise<Cut> = () => {};
  readonly #proxy: TcpProxy;
  readonly #url: string;

  private constructor(proxy: TcpProxy, url: string) {
    this.#proxy = proxy;
    this.#url = proxy.rewrite(url);
  }

  static async open(url: string): Promise<Ledger> {
    const told: { ledger?: Ledger } = {};
    const proxy = await TcpProxy.to(url, () => beforeStatement((sql) => told.ledger?.before(sql)));
    told.ledger = new Ledger(proxy, url);
    return told.ledger;
  }

  /** For a program whose line this is. */
  get env(): Readonly<Record<string, string>> {
    return { DATABASE_URL: this.#url };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#proxy[Symbol.asyncDispose]();
  }
}
