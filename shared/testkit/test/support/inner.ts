import { join } from 'node:path';
import type { RunContext } from '@backend-labs/protocol';
import type { TaskMeta } from 'vitest';
import { createVitest } from 'vitest/node';

/** What an inner test came to, as a runner sees it. */
export interface InnerResult {
  readonly name: string;
  readonly state: string;
  readonly errors: readonly { readonly name: string; readonly message: string }[];
  readonly meta: TaskMeta;
}

/** Runs a file of `fixtures/inner` as the runner runs a task: in a forked worker, against a folder. */
async function runInner(file: string, run: RunContext): Promise<InnerResult[]> {
  const root = join(import.meta.dirname, '..', 'fixtures', 'inner');
  const vitest = await createVitest({
    root,
    config: false,
    watch: false,
    silent: true,
    reporters: [{}],
    include: ['*.inner.ts'],
    pool: 'forks',
    testTimeout: 60_000,
    hookTimeout: 60_000,
    experimental: { viteModuleRunner: false, nodeLoader: false },
    provide: { run },
  });
  try {
    const { testModules } = await vitest.start([file]);
    return testModules.flatMap((module) =>
      [...module.children.allTests()].map((test) => {
        const { state, errors = [] } = test.result();
        return {
          name: test.name,
          state,
          errors: errors.map(({ name = '', ...error }) => ({ ...error, name })),
          meta: test.meta(),
        };
      }),
    );
  } finally {
    await vitest.close();
  }
}

const [file = '', run = '{}'] = process.argv.slice(2);
const results = await runInner(file, JSON.parse(run) as RunContext);
process.stdout.write(`\n${JSON.stringify(results)}\n`);
