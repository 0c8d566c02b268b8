import { type Answer, ServiceError, type StartedService, TcpProxy } from '@backend-labs/testkit';
import { deliver, type ProviderEvent, SECRET } from './events.ts';
import { Line } from './line.ts';
import { test as base } from './payments.ts';

/** The service behind a line to Postgres that can be held and cut. */
class Endpoint implements AsyncDisposable {
  readonly line: Line;
  #service: StartedService;

  constructor(service: StartedService, line: Line) {
    this.#service = service;
    this.line = line;
  }

  get service(): StartedService {
    return this.#service;
  }

  /** A delivery that may take the service down, which is started again then, as it would be. */
  async riskDelivery(event: ProviderEvent): Promise<Answer | undefined> {
    try {
      return await deliver(this.#service, event);
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      this.#service = await this.#service.restart();
      return undefined;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#service[Symbol.asyncDispose]();
  }
}

/** `test` with `events`: where the provider sends its events. */
export const test = base.extend(
  'events',
  { scope: 'file' },
  async ({ payments, lease, cleanup }) => {
    const line = new Line();
    const url = lease.postgres?.url ?? '';
    const proxy = cleanup.use(await TcpProxy.to(url, line.tap));
    const env = { DATABASE_URL: proxy.rewrite(url), WEBHOOK_SECRET: SECRET };
    return cleanup.use(new Endpoint(await payments.with(env).start(), line));
  },
);
