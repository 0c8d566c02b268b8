// @ts-check
import fs from 'node:fs';
import path from 'node:path';
import { asSystemError, explain } from './failure.mjs';

/** Bytes on the disk for each byte of a download, while it is being unpacked. */
const unpackedTimes = 5;

/**
 * Checks that a folder has room for a download. On a full disk, npm retries for half a minute and then
 * reports success with half of the files.
 *
 * @param {string} folder It need not exist yet.
 * @param {number} megabytes Of the download.
 * @param {string} doing E.g. `cannot install Node 26.10.0`.
 * @throws {import('./failure.mjs').BootstrapFailure} DISK_FULL, READ_ONLY
 */
export function requireSpace(folder, megabytes, doing) {
  let place = folder;
  while (!fs.existsSync(place) && place !== path.dirname(place)) place = path.dirname(place);
  try {
    // A check of its own: on a read-only disk Node's recursive mkdir reports "no such file".
    fs.accessSync(place, fs.constants.W_OK);
    // Node 18.14 and older do not have it.
    if (!fs.statfsSync) return;
    const { bavail, bsize } = fs.statfsSync(place);
    if (bavail * bsize >= megabytes * unpackedTimes * 1e6) return;
  } catch (error) {
    throw explain(`${doing} in ${place}`, asSystemError(error)?.code ?? String(error));
  }
  throw explain(`${doing} in ${place}`, 'ENOSPC');
}
