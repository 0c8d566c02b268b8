import { TcpProxy, test as base } from '@backend-labs/testkit';
import { ProviderLine } from './forward.ts';
import { type Conduct, KnownService } from './known-service.ts';

/**
 * `test` with three services whose conduct is known, whatever the folder under test holds. All call a
 * provider that listens at `provider.port`.
 */
export const test = base
  .extend('provider', { scope: 'file' }, async ({ cleanup }) => {
    // A port that stays ours and on which nobody listens: there the learner's sandbox does.
    const place = cleanup.use(await TcpProxy.open({ to: { host: '127.0.0.1', port: 9 } }));
    place.refuse();
    const line = cleanup.use(await ProviderLine.to(place.port));
    return { port: place.port, line };
  })
  .extend('known', { scope: 'file' }, async ({ provider, cleanup }) => {
    const open = async (conduct: Conduct) =>
      cleanup.use(await KnownService.open(conduct, provider.line.url));
    return {
      shipped: await open('as shipped'),
      honest: await open('by the house rules'),
      twice: await open('charges twice'),
    };
  });
