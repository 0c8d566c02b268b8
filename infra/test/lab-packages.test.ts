import { expect, test } from 'vitest';
import { faultsOf, labFolders } from '../lab-packages.ts';

test.each(labFolders())('%s has the exact versions of the catalog', (folder) => {
  expect(faultsOf(folder), 'run `node infra/lab-packages.ts`, then `pnpm install`').toEqual([]);
});

test('a version that is not the one of the catalog is found', () => {
  const [folder = ''] = labFolders();
  expect(faultsOf(folder, { express: '0.0.1' })).toContain(
    'package.json: express 5.3.0; the catalog has 0.0.1',
  );
});
