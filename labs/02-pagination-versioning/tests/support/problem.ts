import { type Answer, expect, explain, lesson } from '@backend-labs/testkit';

const PROBLEMS = 'https://api.shipments.example/problems/';

/** The names that the ticket gives to problems. */
const CODES = [
  'invalid-parameter',
  'invalid-cursor',
  'invalid-body',
  'not-found',
  'method-not-allowed',
  'internal',
] as const;

export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
}

/**
 * Asserts the status and the `type` of a problem; its form is judged by `expectForm`. The message
 * begins with what came and what is right: a long request is cut where it does not fit on the line.
 *
 * @param status the right one, or every right one.
 * @param request what was sent, for the reader.
 */
export async function expectProblem(
  answer: Answer,
  status: number | readonly number[],
  code: string,
  request: string = answer.request,
): Promise<void> {
  const right = [status].flat();
  await explain(
    () => {
      if (right.includes(answer.status)) return;
      expect.fail(`status ${answer.status}, expected ${right.join(' or ')} (${code}): ${request}`);
    },
    () => {
      okWithAnError(answer, request);
    },
  );
  const { type } = memberOf(answer);
  if (type === PROBLEMS + code) return;
  const shown = type === undefined ? 'no type' : `type ${JSON.stringify(type)}`;
  expect.fail(`${shown} in the body, expected "${PROBLEMS + code}": ${request}`);
}

/** A request and its body, for the reader. */
export const withBody = ({ request }: Answer, body: string | undefined): string =>
  body === undefined ? request : `${request} with ${body}`;

/** Asserts that an error is a problem of RFC 9457 with a type that the ticket names. Answers the problem. */
export async function expectForm(answer: Answer, body?: string): Promise<Problem> {
  const request = withBody(answer, body);
  await explain(
    () => {
      expect(answer.status, `status of ${request}, whose body is an error`).toBeGreaterThanOrEqual(
        400,
      );
    },
    () => {
      okWithAnError(answer, request);
    },
  );
  expect(
    answer.headers['content-type'] ?? '(none)',
    `content-type of ${request}, which answered ${answer.status}`,
  ).toMatch(/^application\/problem\+json\b/u);
  const { type, title, status } = memberOf(answer);
  expect(
    CODES.map((code) => PROBLEMS + code),
    `type in the body of ${request}: ${String(type)}`,
  ).toContain(type);
  expect(status, `status in the body of ${request}, which answered ${answer.status}`).toBe(
    answer.status,
  );
  expect(title, `title in the body of ${request}`).toEqual(expect.any(String));
  return { type, title, status } as Problem;
}

/** Whether an answer is an error, by its status or, where that says 200, by its body. */
export const isError = ({ status, text }: Answer): boolean =>
  status >= 400 || /^\s*\{\s*"(?:error|type|title|status|detail)":/u.test(text);

const memberOf = (answer: Answer): Partial<Record<keyof Problem, unknown>> => answer.body ?? {};

/** Throws a lesson when an answer says 200 and its body is an error. */
export function okWithAnError(answer: Answer, request: string = answer.request): void {
  if (answer.status >= 400 || !/"(?:error|status|detail)":/u.test(answer.text)) return;
  lesson('ok-with-an-error', {
    observed: `${request} answered ${answer.status}, and its body is the error: ${answer.text.slice(0, 120)}`,
    meaning:
      'Only who reads this very body knows that it failed. A proxy caches it, a retry is not made, a dashboard counts a success, and a generated client decodes a page out of it.',
    lookAt: 'the status code, which is the one part of an answer that everybody in between reads.',
  });
}
