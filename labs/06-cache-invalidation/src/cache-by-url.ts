import type { RequestHandler } from 'express';

/** Where answers are kept. */
export interface Store {
  get(key: string): Promise<string | undefined>;
  set(key: string, value: string): Promise<void>;
}

interface Kept {
  readonly status: number;
  readonly body: unknown;
}

/** Keeps each JSON answer under its URL and sends it again the next time. */
export function cacheByUrl(cache: Store): RequestHandler {
  return async (req, res, next) => {
    const key = `url:${req.originalUrl}`;
    const hit = await cache.get(key);
    if (hit !== undefined) {
      const { status, body } = JSON.parse(hit) as Kept;
      res.status(status).json(body);
      return;
    }
    const send = res.json.bind(res);
    res.json = (body: unknown) => {
      const kept: Kept = { status: res.statusCode, body };
      cache.set(key, JSON.stringify(kept)).catch((error: unknown) => req.log.warn(error));
      return send(body);
    };
    next();
  };
}
