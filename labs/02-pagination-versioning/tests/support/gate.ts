import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunContext, runScript } from '@backend-labs/testkit';
import type { Json } from './contracts.ts';

export interface Verdict {
  readonly code: number | null;
  /** Operations that the gate named, `GET /v1/events`. */
  readonly named: ReadonlySet<string>;
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
    const named = stdout.flatMap((line) => /^\s*([A-Z]+ \/[^\s:]*)/u.exec(line)?.[1] ?? []);
    return { code, named: new Set(named), said: [...stdout, ...stderr].join('\n').slice(0, 600) };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
