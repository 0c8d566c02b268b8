// @ts-check
import fs from 'node:fs';
import path from 'node:path';

/**
 * About 100 MB. Measured: 1,200 files after a start and 40 runs of one lab, 9,400 after a whole
 * `npm test`.
 */
const MOST_FILES = 20_000;

/**
 * Empties Node's cache of compiled code if it has grown too large. A test file has another name in it at
 * each run (vitest adds the time to its URL), and Node removes no entry.
 *
 * @param {string} folder of the cache; may be missing
 * @param {number} [most] files that it may have
 */
export function boundCompiled(folder, most = MOST_FILES) {
  try {
    const versions = fs.readdirSync(folder);
    const counts = versions.map((version) => fs.readdirSync(path.join(folder, version)).length);
    if (counts.reduce((sum, count) => sum + count, 0) <= most) return;
    fs.rmSync(folder, { recursive: true, force: true });
  } catch {
    // There is no cache, or another command uses it. The next command tries again.
  }
}
