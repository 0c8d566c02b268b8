import { HttpError } from './errors.ts';

/** A request that is valid, and that what is stored does not allow. */
export class Conflict extends HttpError {
  constructor(message: string) {
    super(409, message);
  }
}
