import type { ErrorRequestHandler, RequestHandler } from 'express';
import { describeProblem, Problem, type ProblemDetails } from './problems.ts';

/** Turns every error into a problem. An error that nobody foresaw goes to the log only. */
export const errorHandler: ErrorRequestHandler = (reason: unknown, _req, res, next) => {
  if (res.headersSent) {
    next(reason);
    return;
  }
  const error = reason instanceof Error ? reason : new Error(String(reason));
  const problem = problemOf(error);
  // The request log has the whole error.
  if (problem.status >= 500) res.err = error;
  res.status(problem.status).type('application/problem+json').json(problem);
};

export const notFound: RequestHandler = () => {
  throw new Problem('not-found', 'There is no such route.');
};

/** For the end of a route: every method that nothing before it took. */
export function onlyAllows(methods: string): RequestHandler {
  return (_req, res) => {
    res.set('Allow', methods);
    throw new Problem('method-not-allowed', `Allowed are ${methods}.`);
  };
}

function problemOf(error: unknown): ProblemDetails {
  if (error instanceof Problem) return describeProblem(error.code, error.message);
  // A path that cannot be decoded names nothing.
  if (error instanceof URIError) return describeProblem('not-found');
  // What else express refuses by itself is a body that its parser cannot read.
  const { status } = error as { status?: unknown };
  if (typeof status === 'number' && status < 500) {
    return describeProblem('invalid-body', 'It cannot be read as JSON.');
  }
  return describeProblem('internal');
}
