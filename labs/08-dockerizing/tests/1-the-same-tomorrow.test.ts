import { each, expect, explain, judges, lesson } from '@backend-labs/testkit';
import { basesOf, isPinned } from './support/dockerfile.ts';
import { lockOf, ownFiles, packagesIn, test } from './support/image.ts';
import { NEW_VERSIONS, PATCHED } from './support/patched.ts';

const NEWEST = NEW_VERSIONS.at(-1) ?? '';

test('every base image has a version', judges('1.1'), async ({ folder }) => {
  const bases = basesOf(await folder.read('Dockerfile'));
  expect(bases.length, 'base images in the Dockerfile').toBeGreaterThan(0);
  await each('base images', bases, ({ name }) =>
    explain(
      () => expect(isPinned(name), `${name} has a version`).toBe(true),
      () =>
        lesson('latest', {
          observed: `The Dockerfile begins from ${name}, which names no version.`,
          meaning:
            'A tag is a pointer that its owner moves. `latest` is the newest image of the day, so the same Dockerfile builds on another Node next month, with nothing in your history that changed.',
          lookAt: 'the tags of the image that begin with the number of the Node that you run',
        }),
    ),
  );
});

test(
  'the image has the packages that the lock file names',
  judges('1.2'),
  async ({ folder, built, registry }) => {
    const { packages } = await lockOf(folder);
    const found = await packagesIn(built.image);
    registry.check();
    const wanted = Object.entries(packages).filter(
      ([path, { dev, optional }]) => path !== '' && !dev && !optional,
    );
    expect(wanted.length, 'packages in package-lock.json').toBeGreaterThan(0);
    await each('packages', wanted, async ([path, { version }]) => {
      await explain(
        () => expect(found.get(path) ?? 'absent', path).toBe(version),
        () => {
          if (path === `node_modules/${PATCHED}` && found.get(path) === NEWEST)
            lesson('no-lock', {
              observed: `The lock file names ${PATCHED} ${version}, and the image has ${PATCHED} ${NEWEST}, which came out later.`,
              meaning:
                'package.json names ranges for what your packages need, and the build looked for the newest that fits. Nobody here has tested that version; it is in the image because of the day on which it was built.',
              lookAt:
                'what the build copies before it installs, and which command of npm obeys the lock file',
            });
        },
      );
    });
  },
);

test(
  'a build fails when package.json and the lock file disagree',
  judges('1.3'),
  async ({ folder, builder, registry, built }) => {
    const restore = await folder.edit('package.json', (text) => {
      const manifest = JSON.parse(text) as { dependencies: Record<string, string> };
      manifest.dependencies[PATCHED] = NEWEST;
      return `${JSON.stringify(manifest, null, 2)}\n`;
    });
    try {
      const outcome = await builder.build().then(
        ({ image }) => image,
        () => undefined,
      );
      registry.check();
      if (outcome === undefined) return;
      const version = (await packagesIn(outcome)).get(`node_modules/${PATCHED}`);
      await explain(
        () => expect('the build succeeded').toBe('the build failed'),
        async () => {
          // An image that has never seen the lock file has another trouble.
          const obeyed = (await packagesIn(built.image)).get(`node_modules/${PATCHED}`) !== NEWEST;
          if (version !== NEWEST || !obeyed) return;
          lesson('install-repairs', {
            observed: `package.json asked for ${PATCHED} ${NEWEST}, the lock file did not know that, and the build installed it without a word.`,
            meaning:
              '`npm install` treats the lock file as advice: where the two disagree, it writes a new one, in a container that is thrown away. The image then has packages that no file of your repository names.',
            lookAt:
              'the command of npm that is made for builds, and what it does with a lock file that does not fit',
          });
        },
      );
    } finally {
      await restore();
    }
  },
);

test(
  'two builds of the same folder have the same files',
  judges('1.4'),
  async ({ builder, built, registry }) => {
    const again = await builder.build({ noCache: true });
    registry.check();
    const [first, second] = await Promise.all([contentOf(built.image), contentOf(again.image)]);
    expect(first.size, 'files in the working directory').toBeGreaterThan(0);
    const paths = [...new Set([...first.keys(), ...second.keys()])].toSorted();
    const changed = paths.filter((path) => first.get(path) !== second.get(path));
    await explain(
      () => expect(changed, 'files that differ between two builds').toEqual([]),
      async () => {
        const files = await ownFiles(again.image);
        const dated = changed.find((path) =>
          /\b20\d\d-\d\d-\d\d/u.test(files.get(path)?.content().toString('utf8') ?? ''),
        );
        if (dated === undefined) return;
        lesson('time-in-the-image', {
          observed: `Two builds of the same folder differ in ${changed.length} of ${paths.length} files, among them /${dated}, which holds the time of the build.`,
          meaning:
            'An image that holds its own time of birth is another image each time. Nobody can tell from it whether the code changed, a cache of it is worth nothing, and a rebuild cannot be compared with what runs.',
          lookAt:
            'what the file is for, and what is known before the build begins: the commit, for instance',
        });
      },
    );
  },
);

/** The digest of each file in the working directory. */
async function contentOf(image: Parameters<typeof ownFiles>[0]): Promise<Map<string, string>> {
  const { workingDir } = await image.config();
  const below = `${workingDir.replace(/^\/+|\/+$/gu, '')}/`;
  const found = new Map<string, string>();
  for (const [path, file] of await image.files())
    if (file.type === 'file' && path.startsWith(below)) found.set(path, file.digest());
  return found;
}
