import { Double, type Reply, type RunContext, runScript } from '@backend-labs/testkit';
import { Scratch } from './scratch.ts';

type Texts = Readonly<Record<string, string>>;

export interface Interaction {
  readonly description: string;
  readonly states?: readonly { readonly state: string; readonly params: unknown }[];
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly headers?: Texts;
    readonly body?: unknown;
  };
  readonly response: {
    readonly status: number;
    readonly headers?: Texts;
    readonly body?: unknown;
    readonly rules?: Texts;
  };
}

export interface Replayed {
  readonly code: number | null;
  /** `label-printer: a parcel` → what its line begins with, `ok` or `failed`; the last line counts. */
  readonly said: ReadonlyMap<string, string>;
  /** All of standard output. */
  readonly lines: readonly string[];
  /** Everything it printed, cut to a readable length. */
  readonly printed: string;
}

/** Runs `npm run consumers` with the files as arguments. */
export async function consumers(
  run: RunContext,
  url: string,
  files: readonly string[],
): Promise<Replayed> {
  const env = { PROVIDER_URL: url };
  const { code, stdout, stderr } = await runScript('consumers', { run, args: files, env });
  const said = new Map<string, string>();
  for (const line of stdout) {
    const [, verdict = '', name = ''] = /^(ok|failed) ([\w-]+: [^:]*)/u.exec(line) ?? [];
    if (verdict !== '') said.set(name.trimEnd(), verdict);
  }
  const printed = [...stdout, ...stderr].slice(0, 8).join('\n');
  return { code, said, lines: stdout, printed };
}

/** Writes contracts to files, and replays them. */
export async function replay(
  run: RunContext,
  url: string,
  contracts: Readonly<Record<string, readonly Interaction[]>>,
): Promise<Replayed> {
  await using scratch = await Scratch.of(run);
  const files = [];
  for (const [consumer, interactions] of Object.entries(contracts)) {
    files.push(await scratch.write(`${consumer}.json`, { consumer, interactions }));
  }
  return await consumers(run, url, files);
}

/** A provider that answers each path as told, and every state with 204 unless it is an unknown one. */
export function provider(replies: Readonly<Record<string, Reply>>): Promise<Double> {
  return Double.open(({ path, json }) => {
    if (path !== '/_states') return replies[path] ?? { status: 404 };
    const { state } = (json ?? {}) as { state?: string };
    return { status: state?.startsWith('an unknown') === true ? 404 : 204 };
  });
}
