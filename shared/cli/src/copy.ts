import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Lab } from '@backend-labs/catalog';
import {
  copyDir,
  copyKey,
  createCopy,
  recordReset,
  type WorkPlace,
  workRoot,
} from '@backend-labs/workbench';
import { shownPath, type Context } from './context.ts';
import { isTakeHome } from './take-home.ts';

/** The folders of this learner's copies and state. */
export function placeOf(context: Context, flag: string | undefined): WorkPlace {
  const { root, catalog, stateDir, env, cwd } = context;
  // A variant has the id of its lab, and copies of its own.
  const chosen = flag ?? (catalog === root ? undefined : join(catalog, 'work'));
  return { stateDir, workRoot: workRoot({ root, flag: chosen, env, cwd }) };
}

/**
 * Under which the progress of a copy is kept. Another copy, which `--work` names, has progress of its
 * own.
 */
export function progressKey(lab: Lab, context: Context, flag: string | undefined): string {
  const place = placeOf(context, flag);
  const { root } = context;
  const isUsual =
    copyDir(lab, place) === copyDir(lab, placeOf({ ...context, catalog: root }, undefined));
  return isUsual ? lab.id : `${lab.id}@${copyKey(lab, place)}`;
}

/** The learner's copy of a lab. Makes one if there is none, and says so. */
export async function openCopy(
  lab: Lab,
  context: Context,
  flag: string | undefined,
): Promise<string> {
  const { dir, outcome } = await createCopy(lab, placeOf(context, flag));
  const shown = shownPath(dir, context);
  if (outcome === 'made') {
    // The recorded passes belong to a copy that was deleted.
    await recordReset(context.stateDir, progressKey(lab, context, flag));
    process.stderr.write(`Your copy of ${lab.id} is in ${shown}: edit it there.\n`);
  } else if (outcome === 'adopted' && !isTakeHome(context.root)) {
    process.stderr.write(
      `${shown} is older than .labs. If the starter changed since, its changes count as yours.\n`,
    );
  }
  return dir;
}

/** The learner's copy, if there is one. */
export function findCopy(lab: Lab, context: Context, flag: string | undefined): string | undefined {
  const dir = copyDir(lab, placeOf(context, flag));
  return existsSync(dir) ? dir : undefined;
}
