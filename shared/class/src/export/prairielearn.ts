import { earned, isMarked, lessonLine, markLine, pointsOf, whyNoMark } from './graded.ts';
import { json, oneFileEach, type Exporter } from './file.ts';

/**
 * PrairieLearn's `results.json` of an external grader, one for each submission. Where the machine was
 * at fault it says `gradable: false`: no points are lost, and no attempt.
 *
 * @see https://prairielearn.readthedocs.io/en/latest/externalGrading/#grading-results
 */
export const prairielearn: Exporter = (records) =>
  oneFileEach(records, 'results.json', (record) => {
    if (record.state === 'not judged' && !record.mark) {
      return json({
        gradable: false,
        format_errors: ['A fault of the grading machine, not of your work. It is graded again.'],
      });
    }
    if (!isMarked(record)) return { why: whyNoMark(record) };
    const { mark, result } = record;
    return json({
      gradable: true,
      score: Math.min(1, Math.max(0, mark.of > 0 ? mark.points / mark.of : 0)),
      message: markLine(record),
      // It has no test without points, so one that was not judged is left out.
      tests: pointsOf(result).flatMap(({ task, point }) => {
        const points = earned(point);
        if (points === undefined) return [];
        return {
          name: point.id,
          description: `${point.text} (${task.title})`,
          points,
          max_points: point.weight,
          message: lessonLine(point),
        };
      }),
    });
  });
