import type { StartedService } from '@backend-labs/testkit';

const ROUNDS = 20;

/**
 * Lets a service do what it can do without the answers that a test holds back: requests that were
 * sent before this have gone as far as they get. It decides nothing by itself. A right service passes
 * however far it got.
 */
export async function settle(services: readonly StartedService[]): Promise<void> {
  for (let round = 0; round < ROUNDS; round += 1) {
    await Promise.all(services.map(async (service) => (await service.get('/healthz')).expect(200)));
  }
}
