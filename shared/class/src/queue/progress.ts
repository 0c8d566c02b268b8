import { rmSync } from 'node:fs';
import { isOrphan, ownerTag } from '@backend-labs/stack';
import { z } from 'zod';
import type { Layout } from '../folder/layout.ts';
import { readJson, writeJson } from '../folder/write.ts';

const progressSchema = z.object({
  /** The `labs class grade` that writes it. */
  owner: z.string(),
  queued: z.array(z.string()),
  grading: z.array(z.string()),
});

/** Ids of the jobs that a running `labs class grade` waits for. */
export interface Progress {
  readonly queued: ReadonlySet<string>;
  readonly grading: ReadonlySet<string>;
}

const NONE: Progress = { queued: new Set(), grading: new Set() };

/** Empty when nobody grades this class. */
export async function readProgress(layout: Layout): Promise<Progress> {
  const read = readJson(layout.progress, progressSchema);
  if (!read || (await isOrphan(read.owner, false))) return NONE;
  return { queued: new Set(read.queued), grading: new Set(read.grading) };
}

/** Whether another process grades this class. */
export async function isBusy(layout: Layout): Promise<boolean> {
  const read = readJson(layout.progress, progressSchema);
  return read !== undefined && !(await isOrphan(read.owner, false));
}

export async function writeProgress(layout: Layout, { queued, grading }: Progress): Promise<void> {
  const owner = await ownerTag();
  writeJson(layout.progress, { owner, queued: [...queued], grading: [...grading] });
}

export function endProgress(layout: Layout): void {
  rmSync(layout.progress, { force: true });
}
