import type { RunContext } from './run-context.ts';
import type { TestMeta } from './test-meta.ts';

/** What crosses from the runner's process to the test's, and back. */
declare module 'vitest' {
  interface ProvidedContext {
    run: RunContext;
    /** Test file → the servers that its task leases. */
    leases: Readonly<Record<string, RunContext['leases']>>;
  }
  // Vitest reads the metadata of a test by these names.
  interface TaskMeta extends TestMeta {}
}
