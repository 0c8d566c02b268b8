import { defineConfig } from 'vitest/config';

/** The unit tests of shared/ and infra/. A lab's tests are run by the runner, against a folder. */
export default defineConfig({
  test: {
    include: ['shared/*/test/**/*.test.ts', 'infra/test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Node runs the TypeScript itself, as it does for a learner.
    experimental: { viteModuleRunner: false, nodeLoader: false },
  },
});
