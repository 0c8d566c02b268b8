import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Built, each, expect, explain, judges, lesson } from '@backend-labs/testkit';
import { lockOf, packagesIn, test } from './support/image.ts';
import { NEW_VERSIONS, PATCHED } from './support/patched.ts';

const OLDER = NEW_VERSIONS[0] ?? '';
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
    Object.assign(entry, { version: OLDER }, await registry.patchedEntry(OLDER));
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
          const install = second.steps.find(({ instruction }) =>
            /npm (?:ci|i\b|install)/u.test(instruction),
          );
          if (install?.cached !== true) return;
          lesson('deaf-to-the-lock', {
            observed: `package-lock.json named ${PATCHED} ${OLDER}, and the image still has ${found}: \`${install.instruction}\` came from the cache.`,
            meaning:
              'The cache knows nothing of what a command reads from the network. It only compares the command and the files that were copied before it; the lock file is not among them, so an update of it changes nothing.',
            lookAt: 'what the steps before the installation copy',
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
    await each('changes', ['README.md', '.git/HEAD'], async (path) => {
      const restore = await folder.edit(path, (text) => `${text}changed\n`);
      try {
        const second = await builder.build();
        registry.check();
        const { layerIds: after } = await second.image.config();
        const same = after.filter((id, index) => layerIds[index] === id).length;
        await explain(
          () =>
            expect(`${same} of ${layerIds.length} layers as before`, path).toBe(
              `${layerIds.length} of ${layerIds.length} layers as before`,
            ),
          () => {
            const copy = firstAgain(second);
            if (copy === undefined || !/^(?:COPY|ADD) /u.test(copy)) return;
            lesson('everything-in-the-context', {
              observed: `After a change of ${path}, \`${copy}\` and all steps after it ran again, and ${layerIds.length - same} layers are new.`,
              meaning:
                'The builder gets every file that .dockerignore does not keep back, and a copy of a whole folder depends on each of them. So each commit, even one of a README, makes new layers that every machine has to fetch.',
              lookAt:
                'the files that the service reads while it runs, and those that the build is given',
            });
          },
        );
      } finally {
        await restore();
      }
    });
  },
);

/** The first step that did not come from the cache. */
function firstAgain({ steps }: Built): string | undefined {
  return steps.find(({ cached }) => !cached)?.instruction;
}
