import type { GradedPoint, GradedTask, GradeResult, Pack } from '@backend-labs/protocol';
import { scoreOf, worst } from '../../src/judge/score.ts';
import { renderReport, type ReportParts } from '../../src/report/report.ts';

const PACK: Pack = {
  pack: 1,
  lab: '01-toy',
  title: 'Toy',
  tasks: [1, 3],
  ai: 'allowed',
  digest: 'd',
};

/** A point that failed, unless `more` says otherwise. */
export function point(id: string, more: Partial<GradedPoint> = {}): GradedPoint {
  return { id, text: `Point ${id} of the toy.`, grade: 'failed', weight: 1, lessons: [], ...more };
}

export const passed = (id: string, more: Partial<GradedPoint> = {}): GradedPoint =>
  point(id, { grade: 'passed', ...more });

/** A result with some points; their ids say which task they are of. */
export function resultOf(
  points: readonly GradedPoint[],
  more: Partial<GradeResult> = {},
): GradeResult {
  const numbers = [...new Set(points.map(({ id }) => Number.parseInt(id, 10)))];
  const tasks = numbers.map((task): GradedTask => {
    const own = points.filter(({ id }) => Number.parseInt(id, 10) === task);
    const score = scoreOf(own);
    const grade = worst(own.map((one) => one.grade));
    const names = { task, slug: `slug-${task}`, title: `Title ${task}`, stretch: false };
    return { ...names, grade, ...(score && { score }), points: own };
  });
  const score = scoreOf(points);
  return {
    result: 1,
    lab: PACK.lab,
    pack: { digest: PACK.digest, ai: PACK.ai },
    submission: { digest: '5c6b106f070f2597dd6a7884' },
    seed: 'fa59db8f4bcd2f5d',
    grade: worst(tasks.map(({ grade }) => grade)),
    ...(score && { score }),
    tasks,
    leftOut: [],
    newDependencies: [],
    times: { graded: '2026-11-29T03:05:25.617Z' },
    ...more,
  };
}

export interface Given extends Partial<Omit<ReportParts, 'pack' | 'taken'>> {
  readonly pack?: Partial<Pack>;
  readonly taken?: Partial<ReportParts['taken']>;
}

/** The page about parts of a submission that was never graded. */
export function reportOf(given: Given): string {
  const { pack, taken, ...rest } = given;
  return renderReport({
    result: resultOf([passed('1.1')]),
    absent: [],
    verdicts: [],
    pristine: new Map(),
    history: [],
    steps: [],
    questions: [],
    ...rest,
    pack: { ...PACK, ...pack },
    taken: { files: new Map(), leftOut: [], newDependencies: [], digest: '', ...taken },
  });
}

/** What a reader sees of a page or a part of one, in one line. */
export function wordsOf(source: string): string {
  return source
    .replaceAll(/<style>[\s\S]*?<\/style>|<[^>]+>/gu, ' ')
    .replaceAll(/\s+/gu, ' ')
    .trim();
}
