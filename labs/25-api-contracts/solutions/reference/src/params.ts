import type { Response } from 'express';

/** A request that the document describes: numbers are numbers, and defaults are filled in. */
export interface Input {
  readonly path: Readonly<Record<string, unknown>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly body: unknown;
}

/** The input of the request that `res` answers. `T` must be what the document promises. */
export const inputOf = <T>(res: Response): T => res.locals['input'] as T;
