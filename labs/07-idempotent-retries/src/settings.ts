/** Everything that may differ between two machines. Times are milliseconds. */
export interface Settings {
  readonly host: string;
  readonly port: number;
  readonly databaseUrl: string | undefined;
  /** Where the payment provider is, without a slash at the end. */
  readonly providerUrl: string;
  /** What one call to the provider may take. */
  readonly providerTimeoutMs: number;
  /** What all calls for one charge may take, with the waits between them. */
  readonly providerDeadlineMs: number;
  /** The wait before the first retry, and the longest wait. */
  readonly retryBaseMs: number;
  readonly retryCapMs: number;
  /** How long one who works on a key may keep others from it. */
  readonly claimLeaseMs: number;
  /** The pace of everything that the service does without a request. */
  readonly reconcileEveryMs: number;
  /** Shared with the provider; signs its webhooks. */
  readonly webhookSecret: string;
}

export function readSettings(env: NodeJS.ProcessEnv): Settings {
  return {
    host: env['HOST'] ?? '127.0.0.1',
    port: Number(env['PORT'] ?? 3000),
    databaseUrl: env['DATABASE_URL'],
    providerUrl: env['PROVIDER_URL'] ?? 'http://127.0.0.1:4070',
    providerTimeoutMs: Number(env['PROVIDER_TIMEOUT_MS'] ?? 2_000),
    providerDeadlineMs: Number(env['PROVIDER_DEADLINE_MS'] ?? 5_000),
    retryBaseMs: Number(env['RETRY_BASE_MS'] ?? 100),
    retryCapMs: Number(env['RETRY_CAP_MS'] ?? 2_000),
    claimLeaseMs: Number(env['CLAIM_LEASE_MS'] ?? 30_000),
    reconcileEveryMs: Number(env['RECONCILE_EVERY_MS'] ?? 5_000),
    webhookSecret: env['WEBHOOK_SECRET'] ?? 'whsec_sandbox',
  };
}
