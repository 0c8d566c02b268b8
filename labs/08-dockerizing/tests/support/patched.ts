import { gunzipSync, gzipSync } from 'node:zlib';

/** A package that the service gets by way of another. */
export const PATCHED = 'ms';

/** Versions that came out after the lock file was written, the newest last. */
export const NEW_VERSIONS: readonly string[] = ['2.1.8', '2.1.9'];

const LOCKED = '2.1.3';

/** The archive of the locked version as one of another version, whose name is as long. */
export function asVersion(archive: Buffer, version: string): Buffer {
  const tar = gunzipSync(archive);
  const said = Buffer.from(`"version": "${LOCKED}"`);
  const at = tar.indexOf(said);
  if (at === -1 || version.length !== LOCKED.length)
    throw new RangeError(`the archive of ${PATCHED} cannot be given the version ${version}`);
  Buffer.from(`"version": "${version}"`).copy(tar, at);
  return gzipSync(tar, { level: 9 });
}
