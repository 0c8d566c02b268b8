import { serverNames } from '@backend-labs/stack';
import { expect, test } from 'vitest';
import type { ProbeFixture } from '../src/probes.ts';

test.for(serverNames())('the testkit has a folder for %s, with a probe', async (name) => {
  const fixture: ProbeFixture = await import(`../src/${name}/fixture.ts`);
  expect(fixture.open).toBeTypeOf('function');
});
