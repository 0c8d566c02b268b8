import type { Response } from 'express';
import type { Operation } from './document.ts';
import { faultsIn, type Faults } from './faults.ts';

const JSON_TYPE = 'application/json';

/** Compares answers with what an operation of the document describes. */
export class AnswerCheck {
  readonly #responses: Operation['responses'];
  readonly #compiled = new Map<number, Faults>();

  constructor({ responses }: Operation) {
    this.#responses = responses;
  }

  /** From now on `res` sends no answer that the document does not describe, but a 500. */
  guard(res: Response): void {
    const send = res.json.bind(res);
    res.json = (body?: unknown) => {
      // As the client will see it: instants are texts by then.
      const faults = this.#faults(res.statusCode, JSON.parse(JSON.stringify(body ?? null)));
      if (faults.length === 0) return send(body);
      res.status(500);
      res.err = new Error(`the answer is off contract: ${faults.join('; ')}`);
      return send({ error: 'answer off contract', faults });
    };
  }

  #faults(status: number, body: unknown): string[] {
    const known = this.#compiled.get(status);
    if (known) return known(body).map((fault) => `answer ${fault}`);
    const range = `${String(status).charAt(0)}XX`;
    const described =
      this.#responses[status] ?? this.#responses[range] ?? this.#responses['default'];
    if (!described) return [`answer status ${status} is not described`];
    const media = described.content?.[JSON_TYPE];
    if (!media) return [`answer content-type ${JSON_TYPE} is not described`];
    this.#compiled.set(status, faultsIn(media.schema ?? {}));
    return this.#faults(status, body);
  }
}
