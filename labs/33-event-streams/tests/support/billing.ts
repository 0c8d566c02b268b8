import { Service, test as base } from '@backend-labs/testkit';
import { Group } from './group.ts';
import { DEAD_LETTERS, EVENTS, GROUP, PARTITIONS } from './names.ts';
import { Storage } from './storage.ts';

/**
 * `test` with the topics made, and
 *
 * - `storage`: the double that knows the sizes of objects
 * - `group`: the projector's consumer group
 * - `projector`: how to start an instance that asks that storage
 */
export const test = base
  .extend('topics', { scope: 'file' }, async ({ kafka }) => {
    await Promise.all([kafka.createTopic(EVENTS, PARTITIONS), kafka.createTopic(DEAD_LETTERS, 1)]);
    return kafka;
  })
  .extend('storage', { scope: 'file' }, async ({ cleanup }) => {
    return cleanup.use(await Storage.open());
  })
  .extend('group', { scope: 'file' }, ({ topics }) => new Group(topics.group(GROUP)))
  .extend('projector', { scope: 'file' }, ({ run, lease, topics: _topics, storage }) => {
    return new Service({
      run,
      lease,
      name: 'billing-projector',
      env: { STORAGE_URL: storage.url },
    });
  });
