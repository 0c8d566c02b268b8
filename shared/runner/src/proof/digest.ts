import { relative } from 'node:path';
import type { Lab } from '@backend-labs/catalog';
import { digestOfFiles, filesOf, MACHINE, serverOf } from './files.ts';
import { PROOF } from './record.ts';

/** What every lab's verdicts depend on, beside the lab itself and its servers. */
const PACKAGES = ['catalog', 'launcher', 'protocol', 'runner', 'stack', 'testkit'];
const COMMON = [...MACHINE, 'infra/*/**/*', `shared/{${PACKAGES.join()}}/{src/**/*,package.json}`];

/** What no verdict depends on. The ticket is not among it: the points are read from there. */
const BESIDE =
  /\/(?:hints\.md|DEBRIEF\.md|MEASUREMENTS\.md|SOLUTION\.md|interview\.md|mutants\.yaml|variant\.yaml|variants\/.*)$/u;

/**
 * A digest of everything that the verdicts of a lab depend on: the lab, the code that judges it, the
 * servers that it names and the packages that they run with.
 */
export function digestOf(root: string, lab: Pick<Lab, 'dir' | 'servers'>): string {
  const own = relative(root, lab.dir).replaceAll('\\', '/');
  const servers = new Set<string | undefined>(lab.servers);
  // Without the second pattern, `.dockerignore` and the like are left out.
  const ofLab = filesOf(root, [`${own}/**/*`, `${own}/**/.*`]).filter(
    (path) => path !== `${own}/${PROOF}` && !BESIDE.test(path),
  );
  const common = filesOf(root, COMMON).filter((path) => {
    const server = serverOf(path);
    if (server === undefined) return !path.startsWith('infra/') || MACHINE.includes(path);
    return servers.has(server);
  });
  const importers = [own, ...PACKAGES.map((name) => `shared/${name}`)];
  return digestOfFiles(root, [...common, ...ofLab], importers);
}
