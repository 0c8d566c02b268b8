import { type RunContext, runScript } from '@backend-labs/testkit';
import type { Json } from './json.ts';
import { Scratch } from './scratch.ts';

const SHOWN = 8;

export interface Verdict {
  readonly code: number | null;
  /** Operations that the gate named, `GET /v1/parcels`, and in how many lines. */
  readonly named: ReadonlyMap<string, number>;
  /** Everything that it printed, cut to a readable length. */
  readonly printed: string;
}

/** Runs `npm run contract -- old.json new.json`. A text is written to its file as it is. */
export async function gate(
  run: RunContext,
  old: Json | string,
  revised: Json | string,
): Promise<Verdict> {
  await using scratch = await Scratch.of(run);
  const files = [await scratch.write('old.json', old), await scratch.write('new.json', revised)];
  return await gateOn(run, files);
}

/** The same with any arguments. */
export async function gateOn(run: RunContext, args: readonly string[]): Promise<Verdict> {
  const { code, stdout, stderr } = await runScript('contract', { run, args });
  const named = new Map<string, number>();
  for (const line of stdout) {
    const [, operation] = /^([A-Z]+ \/[^\s:]*): \S/u.exec(line) ?? [];
    if (operation !== undefined) named.set(operation, (named.get(operation) ?? 0) + 1);
  }
  const lines = [...stdout, ...stderr];
  const more = lines.length > SHOWN ? [`… and ${lines.length - SHOWN} lines more`] : [];
  return { code, named, printed: [...lines.slice(0, SHOWN), ...more].join('\n') };
}
