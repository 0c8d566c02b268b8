import {
  each,
  expect,
  explain,
  type Image,
  type ImageEngine,
  judges,
  type Layer,
  lesson,
} from '@backend-labs/testkit';
import { basesOf } from './support/dockerfile.ts';
import type { Folder } from './support/folder.ts';
import { lockOf, packagesIn, test as base } from './support/image.ts';

const test = base
  // An engine does not look at secrets when it takes a layer from its cache: one with the token of an
  // earlier build would have nothing of this one's.
  .extend('fresh', { scope: 'file' }, ({ file, builder }) =>
    file.once('fresh', () => builder.build({ noCache: true })),
  )
  .extend('added', { scope: 'file' }, ({ fresh, folder, images }) =>
    addedLayers(fresh.image, images, folder),
  );

test(
  'the token is in no layer, in no setting and not in the history',
  judges('3.1'),
  async ({ added, fresh: { image }, registry }) => {
    const { token } = registry;
    const config = await image.config();
    const history = await image.history();
    const places = [
      ...history.map((line) => ({ kind: 'history' as const, text: line })),
      ...[
        ...config.env,
        ...Object.values(config.labels),
        ...config.command,
        ...config.entrypoint,
      ].map((text) => ({ kind: 'setting' as const, text })),
      ...added.map((layer, index) => ({ kind: 'layer' as const, layer, index })),
    ];
    await each('places', places, (place) =>
      explain(
        () => {
          const found =
            place.kind === 'layer' ? place.layer.holds(token) : place.text.includes(token);
          const where =
            place.kind === 'layer'
              ? `layer ${place.index + 1} of the image's own`
              : `the ${place.kind}`;
          expect(found, `the token in ${where}`).toBe(false);
        },
        async () => {
          if (place.kind === 'history') argument(place.text);
          if (place.kind === 'layer') await deletedLater(place.layer, token, image);
        },
      ),
    );
  },
);

test(
  'nothing of .env and of the history of the repository is in a layer',
  judges('3.2'),
  async ({ added, folder }) => {
    await each('layers', added, (layer) =>
      explain(
        () => {
          const found = Object.entries(folder.secrets).flatMap(([place, secret]) =>
            layer.holds(secret) ? [place] : [],
          );
          expect(found, 'what the layer holds').toEqual([]);
        },
        () => {
          const paths = layer.entries
            .map(({ path }) => path)
            .filter((path) => /(?:^|\/)(?:\.env|\.git\/config)$/u.test(path));
          if (paths.length === 0) return;
          lesson('the-whole-folder', {
            observed: `A layer of the image holds ${paths.map((path) => `/${path}`).join(' and ')}.`,
            meaning:
              'A copy of the whole folder takes whatever lies there on the machine that builds: local settings, keys, the history with everything that was ever committed. On the next machine it takes something else.',
            lookAt: 'what the copy names, and what .dockerignore keeps from the builder',
          });
        },
      ),
    );
  },
);

test('the image has no development dependency', judges('3.3'), async ({ fresh, folder }) => {
  const { packages } = await lockOf(folder);
  const found = await packagesIn(fresh.image);
  const dev = Object.entries(packages).flatMap(([path, { dev: isDev }]) =>
    isDev === true && found.has(path) ? [path] : [],
  );
  await explain(
    () => expect(dev, 'development dependencies in the image').toEqual([]),
    () =>
      lesson('everything-installed', {
        observed: `The image has ${dev.length} packages that only development needs, among them ${dev[0]?.replace('node_modules/', '')}.`,
        meaning:
          'Types, test runners and compilers do nothing at run time. They make the image larger, and each of them is code that a scanner has to judge and an attacker may find useful.',
        lookAt: 'the option of npm that leaves development dependencies out',
      }),
  );
});

test("npm's cache is in no layer", judges('3.4'), async ({ added }) => {
  const caches = added.flatMap((layer) =>
    layer.entries.filter(({ path }) => /(?:^|\/)_cacache\/content-v2\/./u.test(path)),
  );
  await explain(
    () => expect(caches.length, "files of npm's cache in the layers of the image").toBe(0),
    () => {
      const bytes = caches.reduce((sum, { size }) => sum + size, 0);
      lesson('cache-in-a-layer', {
        observed: `${caches.length} files of npm's cache, ${(bytes / 1e6).toFixed(1)} MB, lie in layers of the image.`,
        meaning:
          'npm keeps every archive that it fetched, for a next time that never comes in an image. A layer is what its step left behind; a later step can hide files, but each pull still carries them.',
        lookAt:
          'the step in which the cache comes into being, and where else it could lie while that step runs',
      });
    },
  );
});

/** The layers that the Dockerfile made; without a base that can be found, all of them. */
async function addedLayers(image: Image, images: ImageEngine, folder: Folder): Promise<Layer[]> {
  const of = new Set<string>();
  for (const { name } of basesOf(await folder.read('Dockerfile')))
    for (const id of (await (await images.find(name))?.config())?.layerIds ?? []) of.add(id);
  const { layerIds } = await image.config();
  return (await image.layers()).filter((_, index) => !of.has(layerIds[index] ?? ''));
}

function argument(line: string): void {
  if (!/NPM_TOKEN/u.test(line)) return;
  lesson('argument-in-the-history', {
    observed: `The history of the image shows the token: \`${line.replaceAll(/npm_[0-9a-f]+/gu, 'npm_…').slice(0, 120)}\`.`,
    meaning:
      'The value of an ARG is written down with each step that could use it. Everybody who can pull the image can read it with `docker history --no-trunc`.',
    lookAt: 'the other way in which the build is given the token, and how a step asks for it',
  });
}

async function deletedLater(layer: Layer, token: string, image: Image): Promise<void> {
  const file = layer.entries.find(
    (entry) => entry.type === 'file' && entry.content().includes(token),
  );
  if (file === undefined) return;
  const seen = (await image.files()).get(file.path);
  if (seen?.content().includes(token) === true) return;
  lesson('deleted-later', {
    observed: `A container does not see /${file.path}, and a layer of the image still holds it, with the token.`,
    meaning:
      'A layer never changes. What a later step removes is only marked as hidden; `docker save` gives every layer to everybody who has the image.',
    lookAt:
      'the step in which the file comes into being: it must be gone, or never have been there, when that step ends',
  });
}
