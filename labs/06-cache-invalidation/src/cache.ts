import type { RequestHandler } from 'express';
import type { Redis } from 'ioredis';
import { LRUCache } from 'lru-cache';

const NEAR_MS = 5_000;
const NEAR_ENTRIES = 5_000;
const FAR_S = 3_600;

/** Answers by key: a small copy in this process for the hot ones, and Redis for all instances. */
export class Cache {
  readonly #redis: Redis;
  readonly #near = new LRUCache<string, string>({ max: NEAR_ENTRIES, ttl: NEAR_MS });

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  async get(key: string): Promise<string | undefined> {
    const near = this.#near.get(key);
    if (near !== undefined) return near;
    const far = await this.#redis.get(key);
    if (far === null) return undefined;
    this.#near.set(key, far);
    return far;
  }

  async set(key: string, value: string): Promise<void> {
    this.#near.set(key, value);
    await this.#redis.set(key, value, 'EX', FAR_S);
  }

  async delete(key: string): Promise<void> {
    this.#near.delete(key);
    await this.#redis.del(key);
  }
}

interface Kept {
  readonly status: number;
  readonly body: unknown;
}

/** Keeps each JSON answer under its URL and sends it again the next time. */
export function cacheByUrl(cache: Cache): RequestHandler {
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
