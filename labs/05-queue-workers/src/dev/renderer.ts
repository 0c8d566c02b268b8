import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { pino } from 'pino';

const log = pino({ name: 'renderer' });

/** Fails for a source with `broken` in its name. */
async function render(req: IncomingMessage, res: ServerResponse): Promise<void> {
  const { jobId, source } = (await json(req)) as { jobId: string; source: string };
  const status = source.includes('broken') ? 500 : 200;
  log.info({ jobId, source, status }, 'render');
  res.writeHead(status, { 'content-type': 'application/json' });
  res.end(JSON.stringify(status === 200 ? { url: `https://cdn.test/${jobId}.webp` } : {}));
}

// A stand-in for the renderer, to try things by hand.
const port = Number(process.env['RENDERER_PORT'] ?? 9000);
createServer((req, res) => void render(req, res)).listen(port, '127.0.0.1', () =>
  log.info({ port }, 'the renderer listens'),
);
