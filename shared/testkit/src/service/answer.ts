import type { IncomingHttpHeaders } from 'node:http';
import { FailedAssertion, ServiceError } from '../errors.ts';

const SHOWN = 300;

/** An HTTP answer, read to its end. */
export class Answer<Body = unknown> {
  /** `GET /v1/orders`, for messages. */
  readonly request: string;
  readonly status: number;
  /** Names in lower case. */
  readonly headers: IncomingHttpHeaders;
  readonly text: string;

  constructor(request: string, status: number, headers: IncomingHttpHeaders, text: string) {
    this.request = request;
    this.status = status;
    this.headers = headers;
    this.text = text;
  }

  /** The text parsed as JSON. Throws `NOT_JSON`, the learner's failure, when it isn't. */
  get body(): Body {
    try {
      return JSON.parse(this.text) as Body;
    } catch (cause) {
      throw new ServiceError(
        'NOT_JSON',
        `${this.request} answered ${this.status} with a body that is not JSON: ${shown(this.text)}`,
        { cause },
      );
    }
  }

  /** This answer when it has that status; else a failed assertion that shows the body. */
  expect(status: number): this {
    if (this.status === status) return this;
    throw new FailedAssertion(
      `${this.request} answered ${this.status}, expected ${status}: ${shown(this.text)}`,
    );
  }
}

function shown(text: string): string {
  if (text === '') return '(empty)';
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}
