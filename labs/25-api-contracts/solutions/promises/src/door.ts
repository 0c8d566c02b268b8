import type { RequestHandler } from 'express';
import type { Clock } from './clock.ts';
import type { Operation } from './document.ts';
import { Gone, HttpError, InvalidRequest } from './errors.ts';
import { ending } from './ending.ts';
import { type Input, requestReader } from './read-request.ts';
import { validator } from './validator.ts';

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** Serves an operation. It knows nothing of HTTP but a status; it may throw an `HttpError`. */
export type Handler = (input: Input) => Promise<Answer>;

interface Deps {
  readonly clock: Clock;
  readonly checkAnswers: boolean;
}

/** The only way in and out of an operation: requests and answers pass here, errors included. */
export function door(
  operation: Operation,
  handle: Handler,
  { clock, checkAnswers }: Deps,
): RequestHandler {
  const read = requestReader(operation);
  const faultsOf = answerFaults(operation);
  const { headers, ends } = ending(operation);
  return async (req, res) => {
    res.set(headers);
    let answer: Answer;
    try {
      if (ends && clock() >= ends) throw new Gone();
      answer = await handle(read(req));
    } catch (error) {
      if (error instanceof HttpError && error.status < 500)
        answer = { status: error.status, body: bodyOf(error) };
      else if (error instanceof HttpError) {
        res.err = error;
        answer = { status: error.status, body: { error: 'internal error' } };
      } else throw error;
    }
    const faults = checkAnswers ? faultsOf(answer) : [];
    if (faults.length > 0) {
      res.err = new Error(`the answer is off contract: ${faults.join('; ')}`);
      answer = { status: 500, body: { error: 'answer off contract', faults } };
    }
    res.status(answer.status).json(answer.body);
  };
}

const bodyOf = (error: HttpError): object => ({
  error: error.message,
  ...(error instanceof InvalidRequest && { faults: error.faults }),
});

/** What the document has against an answer: `answer /items/0/note must be null`. */
function answerFaults({ responses }: Operation): (answer: Answer) => string[] {
  const schemas = new Map(
    Object.entries(responses).map(([status, { content = {} }]) => {
      const media = content['application/json'];
      return [status, media && validator(media.schema ?? {})];
    }),
  );
  return ({ status, body }) => {
    const key = [String(status), `${Math.floor(status / 100)}XX`, 'default'].find((each) =>
      schemas.has(each),
    );
    if (key === undefined) return [`answer status ${status} is not described`];
    const faults = schemas.get(key);
    if (!faults) return [`answer content-type of ${status} is not JSON`];
    // As the client will see it.
    return faults(JSON.parse(JSON.stringify(body))).map(
      ({ place, message }) => `answer ${place} ${message}`,
    );
  };
}
