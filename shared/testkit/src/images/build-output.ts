const SHOWN = 12;

/** A step of a Dockerfile, as the engine carried it out. */
export interface BuildStep {
  /** As in the Dockerfile, e.g. `COPY . .`; BuildKit puts a stage's name before it. */
  readonly instruction: string;
  /** Whether the engine took its result from the cache. */
  readonly cached: boolean;
}

/** The steps in the output of BuildKit, of Docker's classic builder, of Podman or of buildah. */
export function readSteps(output: string): BuildStep[] {
  const found = new Map<string, BuildStep>();
  let current = '';
  for (const line of output.split('\n')) {
    const kit = /^#(?<id>\d+) \[(?:[\w.-]+ )?\d+\/\d+\] (?<instruction>[A-Z]+ .*)$/u.exec(line);
    const classic = /^(?:\[\d+\/\d+\] )?STEP (?<id>[\d/]+): ?(?<instruction>.*)$/iu.exec(
      line.replace(/^Step ([\d/]+) :/u, 'STEP $1:'),
    );
    const step = (kit ?? classic)?.groups;
    if (step) {
      current = kit ? (step['id'] ?? '') : `${found.size}`;
      if (!found.has(current))
        found.set(current, { instruction: step['instruction'] ?? '', cached: false });
      continue;
    }
    const cached = /^#(\d+) CACHED/u.exec(line)?.[1] ?? (/Using cache/u.test(line) && current);
    const known = cached === false ? undefined : found.get(cached);
    if (cached !== false && known) found.set(cached, { ...known, cached: true });
  }
  return [...found.values()].filter(({ instruction }) => !/^FROM /iu.test(instruction));
}

/** What a person needs of the output of a build that failed. */
export function lastBuildLines(output: string): string[] {
  const told = output
    .split('\n')
    .map((line) => line.replace(/^#\d+ (?:\d+\.\d+ )?/u, '').trimEnd())
    .filter((line) => line !== '' && !/^(?:sha256:|transferring|DONE|-+$)/u.test(line));
  return told.slice(-SHOWN);
}
