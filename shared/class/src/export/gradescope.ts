import type { GradedPoint } from '@backend-labs/protocol';
import { earned, isMarked, lessonLine, markLine, pointsOf, rounded, whyNoMark } from './graded.ts';
import { json, oneFileEach, type Exporter } from './file.ts';

/**
 * Gradescope's `results.json`, one for each submission. A submission that was not judged gets no file
 * until a person sets its mark: Gradescope reports a missing file as a failure of the autograder. A
 * test without a score, which may be left out below a score of the whole, is a point that was not
 * judged.
 *
 * @see https://gradescope-autograders.readthedocs.io/en/latest/specs/#output-format
 */
export const gradescope: Exporter = (records) =>
  oneFileEach(records, 'results.json', (record) => {
    if (!isMarked(record)) return { why: whyNoMark(record) };
    return json({
      // It overrides the sum of the tests, which knows nothing of lateness or of a mark set by hand.
      score: rounded(record.mark.points),
      output: markLine(record),
      tests: pointsOf(record.result).map(({ task, point }) => ({
        number: point.id,
        name: point.text,
        ...scoreOf(point),
        ...(point.lessons.length > 0 && { output: lessonLine(point) }),
        tags: [`task ${task.task}`, ...(task.stretch ? ['stretch'] : [])],
      })),
      extra_data: {
        lab: record.assignment.lab,
        ...(record.submission?.commit !== undefined && { commit: record.submission.commit }),
        ...(record.result && { files: record.result.submission.digest }),
      },
    });
  });

function scoreOf(point: GradedPoint): object {
  const score = earned(point);
  return score === undefined
    ? { output: 'Not judged: the machine was at fault.' }
    : { score, max_score: point.weight };
}
