import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunContext, runScript } from '@backend-labs/testkit';
import type { Json } from './contracts.ts';

const SHOWN = 8;

export interface Verdict {
  readonly code: number | null;
  /** Operations that the gate named, `GET /v1/events`, and in how many lines. */
  readonly named: ReadonlyMap<string, number>;
  /** Everything it printed, for messages. */
  readonly said: string;
}

/** Runs `npm run contract -- old.json new.json`. A text stands in its file as it is. */
export async function gate(
  run: RunContext,
  old: Json | string,
  revised: Json | string,
): Promise<Verdict> {
  const dir = await mkdtemp(join(tmpdir(), 'contract-'));
  try {
    const args = await Promise.all(
      [old, revised].map(async (content, index) => {
        const file = join(dir, index === 0 ? 'old.json' : 'new.json');
        await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
        return file;
      }),
    );
    const { code, stdout, stderr } = await runScript('contract', { run, args });
    const named = new Map<string, number>();
    for (const line of stdout) {
      const [, operation] = /^\s*([A-Z]+ \/[^\s:]*)/u.exec(line) ?? [];
      if (operation !== undefined) named.set(operation, (named.get(operation) ?? 0) + 1);
    }
    const lines = [...stdout, ...stderr];
    const more = lines.length > SHOWN ? [`… and ${lines.length - SHOWN} lines more`] : [];
    return { code, named, said: [...lines.slice(0, SHOWN), ...more].join('\n') };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
