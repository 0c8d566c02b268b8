import type { Instrumenter as StrykerInstrumenter } from '@stryker-mutator/instrumenter';
import type { Edit } from './own-operators.ts';

interface Position {
  readonly line: number;
  readonly column: number;
}

type Logger = ConstructorParameters<typeof StrykerInstrumenter>[0];

const ignore = () => {};
const no = () => false;

const SILENT: Logger = {
  isTraceEnabled: no,
  isDebugEnabled: no,
  isInfoEnabled: no,
  isWarnEnabled: no,
  isErrorEnabled: no,
  isFatalEnabled: no,
  trace: ignore,
  debug: ignore,
  info: ignore,
  warn: ignore,
  error: ignore,
  fatal: ignore,
};

const OPTIONS = { plugins: null, excludedMutations: [], ignorers: [], noHeader: true };

/** What StrykerJS would change in a source file. Only its list is used, not its switches. */
export async function strykerEdits(file: string, source: string): Promise<Edit[]> {
  // It loads all of Babel: `labs verify` has no need of that.
  const { Instrumenter } = await import('@stryker-mutator/instrumenter');
  const input = { name: file, content: source, mutate: true };
  const { mutants } = await new Instrumenter(SILENT).instrument([input], OPTIONS);
  const starts = [0];
  for (const line of source.split('\n')) starts.push((starts.at(-1) ?? 0) + line.length + 1);
  // Lines and columns count from 0.
  const place = ({ line, column }: Position) => (starts[line] ?? 0) + column;
  return mutants.map(({ mutatorName, location, replacement }) => ({
    operator: mutatorName,
    start: place(location.start),
    end: place(location.end),
    now: replacement,
  }));
}
