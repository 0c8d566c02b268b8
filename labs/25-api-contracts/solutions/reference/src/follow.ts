import type { RequestHandler } from 'express';
import { AnswerCheck } from './answer-check.ts';
import type { Clock } from './clock.ts';
import type { ApiDocument } from './document.ts';
import { InvalidRequest } from './errors.ts';
import { lifecycle } from './lifecycle.ts';
import { RequestCheck } from './request-check.ts';

/** Middleware that lets a request through only if the document describes it, and its operation has not ended. */
export function follow(
  document: ApiDocument,
  name: string,
  { checkAnswers, clock }: { readonly checkAnswers: boolean; readonly clock: Clock },
): RequestHandler[] {
  const operation = document.operation(name);
  const [requests, answers] = [new RequestCheck(operation), new AnswerCheck(operation)];
  const check: RequestHandler = (req, res, next) => {
    if (checkAnswers) answers.guard(res);
    const { faults, input } = requests.read(req);
    if (faults.length > 0) throw new InvalidRequest(faults);
    res.locals['input'] = input;
    next();
  };
  const ends = lifecycle(operation, clock);
  return ends ? [ends, check] : [check];
}
