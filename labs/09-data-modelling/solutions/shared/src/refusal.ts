import { DatabaseError } from 'pg';
import { Conflict } from './conflict.ts';

/** Class 23 of SQLSTATE: a constraint does not allow the write. */
const CONSTRAINT = /^23/u;

/** What `work` answers. Throws `Conflict` with that message if a constraint refuses it. */
export async function orConflict<T>(message: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof DatabaseError && CONSTRAINT.test(error.code ?? '')) {
      throw new Conflict(message);
    }
    throw error;
  }
}
