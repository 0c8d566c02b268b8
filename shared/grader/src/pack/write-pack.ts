import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Lab } from '@backend-labs/catalog';
import type { Pack } from '@backend-labs/protocol';
import { GraderError } from '../errors.ts';
import { firstCommit } from '../git.ts';
import { digestOfFiles } from './digest.ts';
import { labFiles, starterFiles } from './lab-files.ts';
import { frontPage, type Assignment } from './texts.ts';
import { checkWeights } from './weights.ts';
import { type Files, toolchainFiles } from './toolchain.ts';

/** The file at the top of a pack that says what it is. */
export const PACK = 'pack.json';

const IGNORED = 'node_modules\n/.labs/\n*.log\n';

export interface PackOptions extends Assignment {
  /** This repository. */
  readonly root: string;
  readonly lab: Lab;
  /** The folder to make; it must not exist, or be empty. */
  readonly to: string;
}

/**
 * Writes a candidate's repository, with one commit: ticket, starter, visible tests and tool chain.
 *
 * @throws GraderError `NOT_EMPTY`, `BAD_WEIGHT`, `NO_GIT`.
 */
export async function writePack(options: PackOptions): Promise<Pack> {
  const { root, lab, to, tasks, minutes, ai, weights, newPackages } = options;
  if (existsSync(to) && readdirSync(to).length > 0) {
    throw new GraderError('NOT_EMPTY', `${to} is not empty. Name a new folder.`);
  }
  const assignment = withNeeds(lab, tasks, options);
  checkWeights(lab, assignment);
  const files = packFiles(root, lab, assignment);
  const pack: Pack = {
    pack: 1,
    lab: lab.id,
    title: lab.title,
    tasks: assignment.tasks,
    ...(minutes !== undefined && { minutes }),
    ai,
    ...(weights && { weights }),
    ...(newPackages && { newPackages }),
    passedByStarter: passedByStarter(lab, assignment.tasks),
    digest: digestOfFiles(files),
  };
  files.set(PACK, Buffer.from(`${JSON.stringify(pack, undefined, 2)}\n`));
  for (const [path, bytes] of files) {
    mkdirSync(dirname(join(to, path)), { recursive: true });
    writeFileSync(join(to, path), bytes);
  }
  await firstCommit(to, `Take-home: ${lab.title}`);
  return pack;
}

function packFiles(root: string, lab: Lab, assignment: Assignment): Files {
  const folder = `labs/${lab.id}`;
  const own = labFiles(lab, assignment);
  const manifest = JSON.parse(String(own.get('package.json'))) as Record<string, never>;
  const files = toolchainFiles(root, { folder, manifest });
  for (const [path, bytes] of own) files.set(`${folder}/${path}`, bytes);
  // In git, and made at once: that a candidate's work is committed must not depend on `npm start`.
  for (const [path, bytes] of starterFiles(lab, assignment)) {
    files.set(`work/${lab.id}/${path}`, bytes);
  }
  files.set('README.md', Buffer.from(frontPage(lab, assignment)));
  files.set('.gitignore', Buffer.from(IGNORED));
  return files;
}

function passedByStarter({ tasks, starter }: Lab, chosen: readonly number[]): string[] {
  return tasks
    .filter(({ number }) => chosen.includes(number))
    .flatMap(({ points }) => points.flatMap(({ id }) => (starter.fails.includes(id) ? [] : [id])));
}

/** A task that others need can only be judged together with them. */
function withNeeds(lab: Lab, tasks: readonly number[], assignment: Assignment): Assignment {
  const wanted = new Set(tasks);
  for (const { number, needs } of lab.tasks.toReversed()) {
    if (wanted.has(number)) for (const need of needs) wanted.add(need);
  }
  const all = lab.tasks.map(({ number }) => number).filter((number) => wanted.has(number));
  return { ...assignment, tasks: all };
}
