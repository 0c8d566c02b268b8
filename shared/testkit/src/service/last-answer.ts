import type { Answer } from './answer.ts';

const SHOWN = 300;

// Of this worker: the tests of a worker run in turn.
let last: Answer | undefined;

/** Keeps an answer of the service for the report of a failure. */
export function remember(answer: Answer): Answer {
  last = answer;
  return answer;
}

/** Called before each test: earlier answers have nothing to do with it. */
export function forgetAnswers(): void {
  last = undefined;
}

/** `GET /v1/orders answered 200: {"orders":null}`, cut to a readable length. */
export function lastAnswer(): string | undefined {
  if (!last) return undefined;
  const { request, status, text } = last;
  const shown = text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text || '(empty)';
  return `${request} answered ${status}: ${shown}`;
}
