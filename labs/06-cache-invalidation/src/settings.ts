export interface Settings {
  readonly host: string;
  readonly port: number;
  readonly databaseUrl: string | undefined;
  readonly redisUrl: string;
  /** Milliseconds that one request may wait for Redis, all its commands together. */
  readonly redisBudgetMs: number;
}

/** Reads the environment. Throws if a number is not a number. */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  return {
    host: env['HOST'] ?? '127.0.0.1',
    port: readNumber(env, 'PORT', 3000),
    databaseUrl: env['DATABASE_URL'],
    redisUrl: env['REDIS_URL'] ?? 'redis://127.0.0.1:6379',
    redisBudgetMs: readNumber(env, 'REDIS_BUDGET_MS', 200),
  };
}

function readNumber(env: NodeJS.ProcessEnv, name: string, fallback: number): number {
  const value = Number(env[name] ?? fallback);
  if (!Number.isFinite(value)) throw new Error(`${name} must be a number`);
  return value;
}
