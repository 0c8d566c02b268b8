import type { RunContext } from '@backend-labs/protocol';
import '@backend-labs/protocol/vitest';
import { connectStack, type Lease } from '@backend-labs/stack';
import { expect, inject, type ProvidedContext, test as base } from 'vitest';
import { TestkitError } from './errors.ts';
import { Draw } from './draw/draw.ts';
import { withProbes } from './probes.ts';
import { evidence, turnPage } from './service/evidence.ts';
import { forgetAnswers, lastAnswer } from './service/last-answer.ts';
import { Service } from './service/service.ts';
import { aheadOf, putAwayAhead } from './target/ahead.ts';
import { findFault } from './target/faults.ts';
import { leaseMigrated, leaseUnmigrated } from './target/lease.ts';

/** What a test file remembers while its tests run. */
class TestFile {
  failed = false;
  readonly #attempts = new Map<string, Promise<unknown>>();

  /** vitest makes a file's fixture anew after it failed; a service that cannot start need not wait twice. */
  once<T>(name: string, make: () => Promise<T>): Promise<T> {
    const attempt = (this.#attempts.get(name) as Promise<T> | undefined) ?? make();
    this.#attempts.set(name, attempt);
    return attempt;
  }
}

/** All fixtures except the probes. */
const withoutProbes = base
  // oxlint-disable-next-line no-empty-pattern -- vitest reads a fixture's needs from the pattern.
  .extend('ahead', { scope: 'worker' }, ({}, { onCleanup }) => {
    onCleanup(putAwayAhead);
    return aheadOf;
  })
  .extend('file', { scope: 'file' }, () => new TestFile())
  // One for all: what was made last is put away first, whichever fixture made it.
  .extend('cleanup', { scope: 'file' }, ({ file: _file }, { onCleanup }) => {
    const cleanup = new AsyncDisposableStack();
    onCleanup(() => cleanup.disposeAsync());
    return cleanup;
  })
  .extend('run', { scope: 'file' }, runOf)
  // Runs for every test, before any fixture of its that may fail.
  .extend('watcher', { auto: true }, ({ file, run, task, onTestFailed }) => {
    turnPage();
    forgetAnswers();
    onTestFailed(async () => {
      file.failed = true;
      const [service, answer, fault] = [await evidence(), lastAnswer(), await findFault(run)];
      Object.assign(task.meta, {
        ...(service && { service }),
        ...(answer !== undefined && { lastAnswer: answer }),
        ...(fault && { fault }),
      });
    });
  })
  .extend('draw', ({ run, task }) => new Draw(run.seed, task.name))
  .extend('stack', { scope: 'file' }, ({ cleanup, run }) => cleanup.use(connectStack(run.servers)))
  .extend('lease', { scope: 'file' }, async ({ ahead, cleanup, file, run, stack }) => {
    const lease = await file.once('lease', () => leaseMigrated(run, stack));
    cleanup.defer(async () => {
      await release(lease, file, run);
      ahead(run)?.prepare();
    });
    return lease;
  })
  .extend('unmigrated', { scope: 'file' }, async ({ cleanup, file, run, stack }) => {
    return cleanup.use(await file.once('unmigrated', () => leaseUnmigrated(run, stack)));
  })
  .extend('definition', { scope: 'file' }, ({ run, lease }) => new Service({ run, lease }))
  .extend('service', { scope: 'file' }, async ({ cleanup, file, definition }) => {
    return cleanup.use(await file.once('service', () => definition.start()));
  });

/**
 * The `test` of every task. All fixtures but `ahead` belong to the test file; each is made when a test
 * first names it:
 *
 * - `ahead`: what the worker keeps for its next run
 * - `cleanup`: put here what must be put away when the file ends, last first; all fixtures do
 * - `file`: whether a test of the file has `failed`
 * - `run`: which lab, which folder, which servers
 * - `draw`: data that the ticket does not print, from the run's seed; each test has its own
 * - `stack`: for leases of the test's own
 * - `lease`: the file's own piece of the stack, the target's migrations done
 * - `unmigrated`: a second database, before the target's migrations
 * - `definition`: the service, to be started by the test, any number of times
 * - `service`: one instance, started
 * - a probe for each kind of server, by its name, e.g. `postgres`: looks at the lease's part of it
 */
export const test = withProbes(withoutProbes);

function runOf(): RunContext {
  const run: RunContext | undefined = inject('run');
  const leases: ProvidedContext['leases'] | undefined = inject('leases');
  const { testPath = '' } = expect.getState();
  if (run) return { ...run, leases: leases?.[testPath] ?? run.leases };
  const fix = 'npm run labs -- test <lab>';
  throw new TestkitError('MISUSED', 'Nobody told this test which folder to judge.', fix);
}

async function release(lease: Lease, file: TestFile, run: RunContext): Promise<void> {
  if (file.failed && run.keepFailed) lease.keep();
  await lease[Symbol.asyncDispose]();
}
