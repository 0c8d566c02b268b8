import { type Answer, expect, explain, lesson } from '@backend-labs/testkit';

export const PROBLEMS = 'https://api.shipments.example/problems/';

export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
}

/**
 * Asserts that an answer is the problem that the ticket's table names, and answers it.
 *
 * @param body what was sent, for the reader.
 */
export async function expectProblem(
  answer: Answer,
  status: number,
  code: string,
  body?: string,
): Promise<Problem> {
  const request = body === undefined ? answer.request : `${answer.request} with ${body}`;
  await explain(
    () => {
      expect(answer.status, `status of ${request}, which is ${code}`).toBe(status);
    },
    () => {
      if (answer.status >= 400 || !/"(error|status|detail)"/u.test(answer.text)) return;
      lesson('ok-with-an-error', {
        observed: `${request} answered ${answer.status}, and its body is the error: ${answer.text.slice(0, 120)}`,
        meaning:
          'Only who reads this very body knows that it failed. A proxy caches it, a retry is not made, a dashboard counts a success, and a generated client decodes a page out of it.',
        lookAt:
          'the status code, which is the one part of an answer that everybody in between reads.',
      });
    },
  );
  expect(
    answer.headers['content-type'] ?? '(none)',
    `content-type of ${request}, which answered ${status}`,
  ).toMatch(/^application\/problem\+json\b/u);
  const problem = answer.body as Problem;
  expect(problem, `the problem in ${request}`).toMatchObject({
    type: PROBLEMS + code,
    status,
    title: expect.any(String),
  });
  return problem;
}
