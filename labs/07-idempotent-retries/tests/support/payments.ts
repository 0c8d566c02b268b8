import { test as base } from '@backend-labs/testkit';
import { Provider } from './provider.ts';

/**
 * No work of the service's own gets between the statements of a test, and no call to the provider is
 * given up while a test holds it. What a task is about, it sets itself.
 */
export const QUIET = {
  RECONCILE_EVERY_MS: '3600000',
  PROVIDER_TIMEOUT_MS: '60000',
  PROVIDER_DEADLINE_MS: '60000',
};

/**
 * The task's `test` with the provider's double; `payments` and its instances know where it is.
 */
export const test = base
  .extend('provider', { scope: 'file' }, async ({ cleanup }) => {
    return cleanup.use(await Provider.open());
  })
  .extend('payments', { scope: 'file' }, ({ definition, provider }) =>
    definition.with({ ...provider.env, ...QUIET }),
  );
