import type { RequestHandler } from 'express';
import { AnswerCheck } from './answer-check.ts';
import type { ApiDocument } from './document.ts';
import { InvalidRequest } from './errors.ts';
import { RequestCheck } from './request-check.ts';

/** Middleware that lets a request through only if the document describes it. */
export function follow(
  document: ApiDocument,
  name: string,
  { checkAnswers }: { readonly checkAnswers: boolean },
): RequestHandler {
  const operation = document.operation(name);
  const [requests, answers] = [new RequestCheck(operation), new AnswerCheck(operation)];
  return (req, res, next) => {
    if (checkAnswers) answers.guard(res);
    const { faults, input } = requests.read(req);
    if (faults.length > 0) throw new InvalidRequest(faults);
    res.locals['input'] = input;
    next();
  };
}
