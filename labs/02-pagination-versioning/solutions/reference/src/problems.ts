const BASE = 'https://api.shipments.example/problems/';

/** The problems that clients may tell apart; one title and one status each. */
const PROBLEMS = {
  'invalid-parameter': { status: 400, title: 'A query parameter is not valid' },
  'invalid-cursor': { status: 400, title: 'The cursor is not valid for this list' },
  'invalid-body': { status: 400, title: 'The body is not valid' },
  'not-found': { status: 404, title: 'There is no such thing' },
  'method-not-allowed': { status: 405, title: 'The method is not allowed here' },
  'version-sunset': { status: 410, title: 'This version of the API has ended' },
  internal: { status: 500, title: 'The service failed' },
} as const;
export type ProblemCode = keyof typeof PROBLEMS;

/** A body of `application/problem+json`, RFC 9457. */
export interface ProblemDetails {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string | undefined;
}

/** A request that ends with a problem. `detail` is for its sender to read. */
export class Problem extends Error {
  readonly code: ProblemCode;

  constructor(code: ProblemCode, detail: string) {
    super(detail);
    this.code = code;
  }
}

export function describeProblem(code: ProblemCode, detail?: string): ProblemDetails {
  const { status, title } = PROBLEMS[code];
  return { type: BASE + code, title, status, detail };
}
