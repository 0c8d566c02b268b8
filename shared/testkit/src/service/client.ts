import { once } from 'node:events';
import { type IncomingMessage, request as httpRequest } from 'node:http';
import { text as readText } from 'node:stream/consumers';
import { Answer } from './answer.ts';
import { remember } from './last-answer.ts';

export interface RequestOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as it is when a string or bytes, else as JSON. */
  readonly body?: unknown;
  /** Gives the request up; the connection is closed. */
  readonly signal?: AbortSignal;
}

/**
 * One HTTP request on a connection of its own, so that nothing of an earlier instance or answer
 * can get in the way. Follows no redirect. Rejects with Node's own network error.
 */
export async function send(
  origin: string,
  method: string,
  path: string,
  { headers, body, signal }: RequestOptions,
): Promise<Answer> {
  const raw = typeof body === 'string' || Buffer.isBuffer(body);
  const payload = raw || body === undefined ? body : JSON.stringify(body);
  const outgoing = httpRequest(new URL(path, origin), {
    method,
    agent: false,
    headers: {
      ...(!raw && body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(signal && { signal }),
  });
  // Given up in the middle of an answer, it fails twice; the reader of the answer tells of it.
  outgoing.on('error', () => {});
  outgoing.end(payload);
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
  const content = await readText(incoming);
  const status = incoming.statusCode ?? 0;
  return remember(new Answer(`${method} ${path}`, status, incoming.headers, content));
}
