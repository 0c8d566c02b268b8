import { ServerTrouble } from '../../errors.ts';
import type { ServerDefinition } from '../definition.ts';
import { prepareBases } from './bases.ts';
import { checkEngine, findEngine } from './find.ts';
import { imagesNative } from './native.ts';

export const server: ServerDefinition = {
  name: 'images',
  variable: 'LABS_IMAGES_URL',
  example: 'unix:///var/run/docker.sock',
  fromVariable(value) {
    if (/^(?:(?:unix|tcp|npipe|ssh):\/\/|podman:local$|buildah:\/)/u.test(value))
      return { url: value };
    throw new ServerTrouble(
      'ADDRESS_MALFORMED',
      'it is not the address of a Docker engine, podman:local or buildah:/folder',
    );
  },
  find: findEngine,
  check: checkEngine,
  opened: prepareBases,
  async leases(address) {
    const { ImageLeases } = await import('./leases.ts');
    return new ImageLeases(address);
  },
  native: imagesNative,
};
