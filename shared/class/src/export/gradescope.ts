import { earned, isGraded, lessonLine, markLine, pointsOf, rounded, whyNoScore } from './graded.ts';
import { json, oneFileEach, type Exporter } from './file.ts';

/**
 * Gradescope's `results.json`, one for each submission. A submission with a point that was not judged
 * gets no file: Gradescope has no test without a score, and reports a missing file as a failure of
 * the autograder.
 *
 * @see https://gradescope-autograders.readthedocs.io/en/latest/specs/#output-format
 */
export const gradescope: Exporter = (records) =>
  oneFileEach(records, 'results.json', (record) => {
    if (!isGraded(record)) return { why: whyNoScore(record) };
    return json({
      // It overrides the sum of the tests, which knows nothing of lateness or of a mark set by hand.
      score: rounded(record.mark.points),
      output: markLine(record),
      tests: pointsOf(record.result).map(({ task, point }) => ({
        number: point.id,
        name: point.text,
        score: earned(point) ?? 0,
        max_score: point.weight,
        ...(point.lessons.length > 0 && { output: lessonLine(point) }),
        tags: [`task ${task.task}`, ...(task.stretch ? ['stretch'] : [])],
      })),
      extra_data: {
        lab: record.result.lab,
        commit: record.submission?.commit ?? null,
        files: record.result.submission.digest,
      },
    });
  });
