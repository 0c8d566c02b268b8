import type { ClassRecord } from '../records.ts';
import { json, oneFileEach, type Exporter } from './file.ts';
import { earned, pointsOf, whyNoMark } from './graded.ts';

/**
 * Classroom 50's `classroom50/result/v1`, one for each submission. Its scores are whole numbers, so a
 * mark with a fraction is rounded. A submission that was not judged is what its own runner makes of an
 * error: 0 of 0 points and no tests.
 *
 * @see https://github.com/foundation50/classroom50/wiki/Advanced-Autograding#the-resultjson-contract
 */
export const classroom50: Exporter = (records, { classroom }) =>
  oneFileEach(records, 'result.json', (record) => {
    const { assignment, result, mark, state } = record;
    const notJudged = state === 'not judged' && !mark;
    if (!notJudged && !mark) return { why: whyNoMark(record) };
    const links = linksOf(record);
    if (!links) return { why: 'it has no commit in a repository on the web' };
    const identity = identityOf(record, classroom);
    if (!identity) return { why: 'its repository is not named <classroom>-<assignment>-<owner>' };
    const tests = notJudged ? [] : pointsOf(result);
    if (!tests.every(({ point }) => Number.isInteger(point.weight))) {
      return { why: 'a point has a weight that is not a whole number' };
    }
    return json({
      schema: 'classroom50/result/v1',
      classroom: identity.classroom,
      assignment: assignment.id,
      assignment_type: 'individual',
      owner: identity.owner,
      submission: links.tag,
      commit: links.commit,
      release: links.release,
      review: links.commit,
      datetime: instant(links.at),
      ...(result && { graded_at: instant(result.times.graded) }),
      score: notJudged ? 0 : Math.round(mark?.points ?? 0),
      'max-score': notJudged ? 0 : Math.round(mark?.of ?? 0),
      // It has no test without a score, so one that was not judged is left out.
      tests: tests.flatMap(({ point }) => {
        const points = earned(point);
        if (points === undefined) return [];
        return {
          'test-name': `${point.id} ${point.text}`,
          passed: point.grade === 'passed',
          score: points,
          'max-score': point.weight,
          ...(point.lessons.length > 0 && { lessons: point.lessons }),
        };
      }),
    });
  });

interface Links {
  readonly at: string;
  readonly tag: string;
  readonly commit: string;
  readonly release: string;
}

function linksOf({ student, submission }: ClassRecord): Links | undefined {
  const home = webAddress(student.repository);
  const { commit, at } = submission ?? {};
  if (home === undefined || commit === undefined || at === undefined) return undefined;
  const tag = `submit/${instant(at).replaceAll(':', '-')}-${commit.slice(0, 7)}`;
  return {
    at,
    tag,
    commit: `${home}/commit/${commit}`,
    release: `${home}/releases/tag/${encodeURIComponent(tag)}`,
  };
}

/** `https://github.com/org/repository` for each way to write it. */
function webAddress(repository = ''): string | undefined {
  const ssh = /^(?:ssh:\/\/)?git@(?<host>[^:/]+)[:/](?<path>[^?#]+)$/u.exec(repository)?.groups;
  const address = ssh ? `https://${ssh['host']}/${ssh['path']}` : repository;
  const { protocol, host, pathname } = URL.parse(address) ?? {};
  if (protocol !== 'https:') return undefined;
  return `https://${host}${(pathname ?? '').replace(/\/+$/u, '').replace(/\.git$/u, '')}`;
}

/** From the name of the repository, `<classroom>-<assignment>-<owner>`, which they check it against. */
function identityOf(
  { student, assignment }: ClassRecord,
  classroom: string | undefined,
): { classroom: string; owner: string } | undefined {
  const name = (webAddress(student.repository) ?? '').split('/').at(-1) ?? '';
  const between = `-${assignment.id}-`;
  const at = classroom === undefined ? name.indexOf(between) : classroom.length;
  const found = { classroom: name.slice(0, at), owner: name.slice(at + between.length) };
  if (at < 1 || found.owner === '' || !name.startsWith(between, at)) return undefined;
  return classroom === undefined || found.classroom === classroom ? found : undefined;
}

/** `2026-06-01T14:32:01Z`: they have no fractions of a second. */
function instant(at: string): string {
  return new Date(at).toISOString().replace(/\.\d+Z$/u, 'Z');
}
