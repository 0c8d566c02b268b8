import type { RunContext } from '@backend-labs/protocol';
import { type Lease, serverNames } from '@backend-labs/stack';
import type { TestAPI } from 'vitest';
import type { Service } from './service/service.ts';

/**
 * What looks at each kind of server, by the server's name. A server's folder adds its own probe, by
 * `declare module`, and exports from `fixture.ts` how to open it.
 */
export interface Probes {}

/** What a probe may need: the fixtures of the test file that asks for it. */
export interface ProbeNeeds {
  readonly run: RunContext;
  readonly lease: Lease;
  readonly definition: Service;
}

/** `fixture.ts` in the folder of a server. */
export interface ProbeFixture {
  /** Throws `NOT_LEASED` if the lab does not name the server. */
  readonly open: (needs: ProbeNeeds) => Promise<AsyncDisposable | Disposable>;
}

type FileFixtures = ProbeNeeds & { readonly cleanup: AsyncDisposableStack };

/** vitest keeps the fixtures of each scope in the type of the test; a file's are in `$__file`. */
type FilesOf<Context> = Context extends { readonly $__file?: infer Files } ? Files : never;
type WithProbes<Context> = Omit<Context, '$__file'> &
  Probes & { readonly $__file?: FilesOf<Context> & Probes };

/** Adds a fixture for each server of the stack's registry. Its folder is loaded when a test names it. */
export function withProbes<Context extends FileFixtures>(
  test: TestAPI<Context>,
): TestAPI<WithProbes<Context>> {
  let all: unknown = test;
  for (const name of serverNames()) {
    const known = all as TestAPI<{ readonly $__file?: FileFixtures }>;
    all = known.extend(name, { scope: 'file' }, async ({ cleanup, run, lease, definition }) => {
      const { open }: ProbeFixture = await import(`./${name}/fixture.ts`);
      return cleanup.use(await open({ run, lease, definition }));
    });
  }
  return all as TestAPI<WithProbes<Context>>;
}
