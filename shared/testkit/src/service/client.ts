import { once } from 'node:events';
import { type IncomingMessage, maxHeaderSize, request as httpRequest } from 'node:http';
import { ServiceError } from '../errors.ts';
import { MOST_BYTES, readBody, TooLarge } from '../http/read.ts';
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
 * can get in the way. Follows no redirect. Rejects with Node's own network error, or with `TOO_LARGE`.
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
  const read = async (): Promise<Answer> => {
    const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
    const text = await readBody(incoming);
    return new Answer(`${method} ${path}`, incoming.statusCode ?? 0, incoming.headers, text);
  };
  return remember(
    await read().catch((error: unknown) => {
      throw isTooLarge(error) ? tooLarge(`${method} ${path}`) : error;
    }),
  );
}

/** For a body that is read as a stream: it fails with `TOO_LARGE` after `MOST_BYTES`. */
export function bounded(request: string): TransformStream<Uint8Array, Uint8Array> {
  let bytes = 0;
  return new TransformStream({
    transform(chunk, controller) {
      bytes += chunk.length;
      if (bytes > MOST_BYTES) controller.error(tooLarge(request));
      else controller.enqueue(chunk);
    },
  });
}

function isTooLarge(error: unknown): boolean {
  if (error instanceof TooLarge) return true;
  return error instanceof Error && 'code' in error && error.code === 'HPE_HEADER_OVERFLOW';
}

function tooLarge(request: string): ServiceError {
  return new ServiceError(
    'TOO_LARGE',
    `${request} answered with more than ${MOST_BYTES / 1e6} MB, or with more than ${maxHeaderSize / 1024} KB of headers. A test reads no more.`,
  );
}
