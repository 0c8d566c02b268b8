import { cp, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { migrate, Service, TcpProxy, test as base } from '@backend-labs/testkit';
import { ProviderLine } from './forward.ts';
import { QUIET } from './payments.ts';

/** A folder with the reference solution laid over the starter; both as the catalogue has them. */
async function layOutReference(labDir: string, stateDir: string): Promise<string> {
  await mkdir(stateDir, { recursive: true });
  const dir = await mkdtemp(join(stateDir, 'reference-'));
  for (const from of [labDir, join(labDir, 'solutions/reference')]) {
    for (const name of ['src', 'migrations']) {
      await cp(join(from, name), join(dir, name), { recursive: true });
    }
  }
  await cp(join(labDir, 'package.json'), join(dir, 'package.json'));
  await symlink(join(labDir, 'node_modules'), join(dir, 'node_modules'), 'junction');
  return dir;
}

/**
 * `test` with two services whose conduct is known, whatever the folder under test holds: the starter
 * as shipped, and the reference solution. Both call a provider that listens at `provider.port`.
 */
export const test = base
  .extend('provider', { scope: 'file' }, async ({ cleanup }) => {
    // A port that stays ours and on which nobody listens: there the learner's sandbox does.
    const place = cleanup.use(await TcpProxy.open({ to: { host: '127.0.0.1', port: 9 } }));
    place.refuse();
    const line = cleanup.use(await ProviderLine.to(place.port));
    return { port: place.port, line };
  })
  .extend('known', { scope: 'file' }, async ({ run, stack, provider, cleanup }) => {
    const reference = await layOutReference(run.labDir, run.stateDir);
    cleanup.defer(() => rm(reference, { recursive: true, force: true }));
    const request = {
      lab: run.lab,
      servers: ['postgres'],
      dataDir: join(run.labDir, 'data'),
    } as const;
    const postgres = await stack.of('postgres');
    const from = await postgres.template(request, `${run.templates}reference`, ({ url }) =>
      migrate({
        run: { target: reference, stateDir: run.stateDir },
        lease: { env: { DATABASE_URL: url } },
      }).then(() => {}),
    );
    // The reference's migrations only add, so that the starter runs on them, too.
    const lease = cleanup.use(await stack.lease({ ...request, from }));
    const start = async (target: string, name: string) => {
      const env = { PROVIDER_URL: provider.line.url, ...QUIET };
      const folder = { target, stateDir: run.stateDir };
      return cleanup.use(await new Service({ run: folder, lease, name, env }).start());
    };
    const [shipped, honest] = await Promise.all([
      start(run.labDir, 'starter'),
      start(reference, 'reference'),
    ]);
    return { shipped, honest };
  });
