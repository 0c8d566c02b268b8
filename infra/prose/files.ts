import { globSync } from 'node:fs';

const LINTED = ['*.{md,ts}', '{infra,labs,shared}/**/*.{md,mjs,ts,yaml}'];
const SKIPPED = /(?:^|\/)node_modules(?:\/|$)/;
/** They quote the phrases that they forbid. */
const QUOTING = /^infra\/(?:prose\/phrases\.ts|test\/prose[^/]*)$/;

/** The files whose prose is linted, from the root, sorted. */
export function proseFiles(root: string): string[] {
  return globSync(LINTED, { cwd: root, exclude: (path) => SKIPPED.test(path) })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => !SKIPPED.test(path) && !QUOTING.test(path))
    .toSorted();
}
