/** A region that runs all the time is reported this often, in ms. */
const TICK = 20;

/** The name of the function that the instrumented code calls. */
export const REPORT = '__labsRegion';

/**
 * Code on one line, for the top of each instrumented file: appends `<region> <time in ms>` to a file
 * when a region runs. It writes at once, since a test may kill the service.
 *
 * @param file absolute path, outside the service's folder: a migration's template depends on what is in it.
 */
export function prelude(file: string): string {
  return [
    `import { appendFileSync as __labsAppend } from 'node:fs';`,
    `const ${REPORT} = (globalThis.${REPORT} ??= (() => {`,
    `let tick = 0; const seen = new Set();`,
    `return (id) => {`,
    `const now = Date.now();`,
    `if (now - tick >= ${TICK}) { tick = now; seen.clear(); }`,
    `if (seen.has(id)) return;`,
    `seen.add(id);`,
    `__labsAppend(${JSON.stringify(file)}, id + ' ' + now + '\\n');`,
    `}; })());`,
  ].join(' ');
}

/** A region that ran, and when: milliseconds since 1970. */
export interface Hit {
  readonly region: string;
  readonly time: number;
}

export function readHits(text: string): Hit[] {
  return text
    .split('\n')
    .map((line) => line.split(' '))
    .flatMap(([region = '', time]) => (time === undefined ? [] : [{ region, time: Number(time) }]));
}

/** A test that ran, and when. */
export interface TestRun {
  readonly points: readonly string[];
  /** Milliseconds since 1970. */
  readonly began: number;
  /** Milliseconds. */
  readonly duration: number;
}

/** Which points' tests ran each region: a region that ran between tests is nobody's. */
export function pointsByRegion(
  hits: readonly Hit[],
  tests: readonly TestRun[],
): Map<string, Set<string>> {
  const points = new Map<string, Set<string>>();
  for (const { region, time } of hits) {
    const own = points.get(region) ?? new Set();
    points.set(region, own);
    for (const { began, duration, points: judged } of tests) {
      if (time < began - TICK || time > began + duration) continue;
      for (const point of judged) own.add(point);
    }
  }
  return points;
}
