import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Built, expect, explain, judges, lesson } from '@backend-labs/testkit';
import { lockOf, packagesIn, test } from './support/image.ts';
import { NEW_VERSIONS, PATCHED } from './support/patched.ts';

const [OLDER = '', NEWEST = ''] = NEW_VERSIONS;
const NAME = `node_modules/${PATCHED}`;

test(
  'a change of the source installs no package',
  judges('2.1'),
  async ({ builder, built: _built, folder, registry }) => {
    const [source] = (await readdir(join(folder.path, 'src'))).filter((name) =>
      name.endsWith('.ts'),
    );
    const before = registry.requests.length;
    const restore = await folder.edit(`src/${source}`, (text) => `${text}// ${Date.now()}\n`);
    try {
      const second = await builder.build();
      registry.check();
      const asked = registry.requests.length - before;
      await explain(
        () => expect(asked, 'requests to the registry after a change of a source file').toBe(0),
        () => {
          const copy = firstAgain(second);
          if (copy === undefined || !/^(?:COPY|ADD) /u.test(copy)) return;
          lesson('copy-then-install', {
            observed: `After one line of src/${source} changed, the build asked the registry ${asked} times. The first step that ran again was \`${copy}\`.`,
            meaning:
              'A step is taken from the cache when it and all steps before it are as they were, and a copy is as it was when its files are. The installation stands after a copy of files that change with each commit.',
            lookAt: 'which files npm needs before it can install, and how often those change',
          });
        },
      );
    } finally {
      await restore();
    }
  },
);

test(
  'a change of the lock file reaches the image',
  judges('2.2'),
  async ({ builder, built: _built, folder, registry }) => {
    const lock = await lockOf(folder);
    const entry = lock.packages[NAME];
    expect(entry?.version, `${NAME} in package-lock.json`).toBeDefined();
    if (entry === undefined) return;
    Object.assign(entry, { version: OLDER, integrity: await registry.checksum(OLDER) });
    // npm's own lock files say where the archive was found, which is another version's.
    delete entry.resolved;
    const restore = await folder.edit(
      'package-lock.json',
      () => `${JSON.stringify(lock, null, 2)}\n`,
    );
    try {
      const second = await builder.build();
      registry.check();
      const found = (await packagesIn(second.image)).get(NAME);
      await explain(
        () =>
          expect(found, `${PATCHED} in the image, after the lock file named ${OLDER}`).toBe(OLDER),
        () => {
          if (found !== NEWEST) return;
          lesson('no-lock', {
            observed: `package-lock.json named ${PATCHED} ${OLDER}, and the image has ${PATCHED} ${NEWEST}, the newest that the registry has.`,
            meaning:
              'The step that installs has never seen the lock file. So it looks for the newest versions that fit, and the cache does not notice when the lock file changes.',
            lookAt: 'the files that are copied before the installation',
          });
        },
      );
    } finally {
      await restore();
    }
  },
);

test(
  'a change of what the service does not use changes no layer',
  judges('2.3'),
  async ({ builder, built, folder, registry }) => {
    const { layerIds } = await built.image.config();
    const changed = ['README.md', '.git/HEAD'];
    for (const path of changed) await folder.edit(path, (text) => `${text}changed\n`);
    const second = await builder.build();
    registry.check();
    const { layerIds: after } = await second.image.config();
    const same = after.filter((id, index) => layerIds[index] === id).length;
    const all = layerIds.length;
    await explain(
      () => expect(`${same} of ${all} layers as before`).toBe(`${all} of ${all} layers as before`),
      () => {
        const copy = firstAgain(second);
        if (copy === undefined || !/^(?:COPY|ADD) /u.test(copy)) return;
        lesson('the-whole-folder', {
          observed: `After a change of ${changed.join(' and ')}, \`${copy}\` and all steps after it ran again, and ${all - same} layers are new.`,
          meaning:
            'The builder gets every file that .dockerignore does not keep back, and a copy of a whole folder depends on each of them. So each commit, even one of a README, makes new layers that every machine has to fetch.',
          lookAt:
            'the files that the service reads while it runs, and those that the build is given',
        });
      },
    );
  },
);

/** The first step that did not come from the cache. */
function firstAgain({ steps }: Built): string | undefined {
  return steps.find(({ cached }) => !cached)?.instruction;
}
