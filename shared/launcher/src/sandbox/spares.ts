import { statSync } from 'node:fs';
import { join } from 'node:path';
import { Box } from './box.ts';
import type { Place } from './mounts.ts';

/** Spare sandboxes of one folder: a test seldom starts more instances at once. */
const MOST = 2;

/** A spare that nobody wants ends after so long, in ms. */
const LIFE_MS = 10_000;

interface Spare {
  readonly box: Box;
  /** What of the machine it was made for. */
  readonly sees: string;
  readonly life: NodeJS.Timeout;
}

const spares = new Map<string, Spare[]>();

/**
 * Makes a sandbox for the next program of this place. Making one takes longer than many programs need to
 * start, and nobody has to wait for it.
 */
export function makeSpare(place: Place): void {
  const key = JSON.stringify(place);
  const kept = spares.get(key) ?? [];
  if (kept.length >= MOST) return;
  spares.set(key, kept);
  void (async () => {
    const sees = identity(place);
    const box = await Box.make(place);
    box.hold(false);
    const life = setTimeout(() => end(), LIFE_MS).unref();
    const spare = { box, sees, life };
    const end = () => {
      if (!remove(key, spare)) return;
      drop(box);
    };
    kept.push(spare);
    box.child.once('exit', end);
  })().catch(() => {
    // The next program gets a new one, and its caller hears what is wrong.
  });
}

/** A sandbox that waits for a program in this place, if there is one. It belongs to the caller now. */
export function takeSpare(place: Place): Box | undefined {
  const key = JSON.stringify(place);
  for (const spare of spares.get(key) ?? []) {
    if (!remove(key, spare)) continue;
    if (spare.sees === identity(place)) {
      spare.box.hold(true);
      return spare.box;
    }
    drop(spare.box);
  }
  return undefined;
}

/** A folder that was made again under the same name is another one: the spare still sees the old one. */
function identity({ cwd }: Place): string {
  return (
    [cwd, join(cwd, 'package.json')]
      .map((path) => statSync(path, { throwIfNoEntry: false, bigint: true }))
      // The number alone may be used again.
      .map((stats) => (stats ? `${stats.dev}:${stats.ino}:${stats.birthtimeNs}` : ''))
      .join(' ')
  );
}

function remove(key: string, spare: Spare): boolean {
  clearTimeout(spare.life);
  const kept = spares.get(key) ?? [];
  const at = kept.indexOf(spare);
  if (at < 0) return false;
  kept.splice(at, 1);
  if (kept.length === 0) spares.delete(key);
  return true;
}

function drop(box: Box): void {
  box.kill();
  box.release();
}
