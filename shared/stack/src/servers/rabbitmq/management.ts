import { ServerTrouble } from '../../errors.ts';

/**
 * One call of RabbitMQ's management API, because AMQP cannot create vhosts and users.
 * `base` has the credentials in it. Resolves with the parsed body, or undefined if it is empty.
 * Throws on any status outside 2xx, except those in `accept`.
 */
export async function manage(
  base: string,
  method: 'GET' | 'PUT' | 'DELETE',
  path: string,
  options: { body?: unknown; accept?: readonly number[]; timeoutMs?: number } = {},
): Promise<unknown> {
  const url = new URL(base);
  const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  const response = await fetch(`${url.protocol}//${url.host}/api/${path}`, {
    method,
    headers: {
      authorization: `Basic ${Buffer.from(credentials).toString('base64')}`,
      'content-type': 'application/json',
    },
    signal: AbortSignal.timeout(options.timeoutMs ?? 10_000),
    ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
  });
  const text = await response.text();
  if (!response.ok && options.accept?.includes(response.status) !== true) {
    throw new ServerTrouble(
      'CHECK_FAILED',
      `RabbitMQ's management API answers ${response.status} to ${method} ${path}`,
    );
  }
  return text === '' || !response.ok ? undefined : JSON.parse(text);
}
