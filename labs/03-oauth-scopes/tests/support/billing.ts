import { type Answer, expect, test as base, type StartedService } from '@backend-labs/testkit';
import { AuthServer } from './auth-server.ts';

/**
 * The task's `test` with the authorization server's double. `billing` is the service that trusts it,
 * `service` is an instance of that.
 */
export const test = base
  .extend('auth', { scope: 'file' }, async ({ cleanup }) => cleanup.use(await AuthServer.open()))
  .extend('billing', { scope: 'file' }, ({ definition, auth }) => definition.with(auth.env))
  .extend('service', { scope: 'file' }, async ({ billing, cleanup, file }) => {
    return cleanup.use(await file.once('billing', () => billing.start()));
  });

export interface Asked {
  readonly method?: string;
  readonly path?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One request with a token, `GET /v1/invoices` unless told. */
export function ask(
  service: StartedService,
  token: string,
  { method = 'GET', path = '/v1/invoices', body, headers }: Asked = {},
): Promise<Answer> {
  return service.request(method, path, {
    headers: { authorization: `Bearer ${token}`, ...headers },
    ...(body !== undefined && { body }),
  });
}

/** Whether an answer is a success. */
export const served = ({ status }: Answer): boolean => status >= 200 && status < 300;

/** A failure says the status first: a long line loses its end in a list. */
export function expectOneOf(allowed: readonly number[], status: number, what: string): void {
  if (!allowed.includes(status)) {
    expect.fail(`${status} instead of ${allowed.join(' or ')} for ${what}`);
  }
}

/** The challenges of an answer, as one text. */
export function challenge({ headers }: Answer): string {
  return headers['www-authenticate'] ?? '';
}
