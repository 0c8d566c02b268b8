import { OtlpCollector, Service, type StartedService, test as base } from '@backend-labs/testkit';

/**
 * `test` with a `collector`, and with `api` and `worker`, which export to it. Each belongs to the test
 * file, and is started when a test first names it.
 */
export const test = base
  .extend('collector', { scope: 'file' }, async ({ cleanup }) => {
    return cleanup.use(await OtlpCollector.open());
  })
  .extend('definitions', { scope: 'file' }, ({ run, lease, collector }) => ({
    api: new Service({ run, lease, env: collector.env, name: 'checkout-api' }),
    worker: new Service({
      run,
      lease,
      env: collector.env,
      script: 'worker',
      name: 'fulfil-worker',
    }),
  }))
  .extend('api', { scope: 'file' }, ({ cleanup, definitions, file }) =>
    file.once('api', async () => cleanup.use(await definitions.api.start())),
  )
  .extend('worker', { scope: 'file' }, ({ cleanup, definitions, file }) =>
    file.once('worker', async () => cleanup.use(await definitions.worker.start())),
  );

export type { StartedService };
