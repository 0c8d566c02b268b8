import { arrival, NeverHappened } from '@backend-labs/testkit';

/** What came within so many milliseconds, or `undefined`. What comes later is nobody's. */
export async function inTime<T>(within: number, coming: Promise<T>): Promise<T | undefined> {
  try {
    return await arrival('it', coming, { within });
  } catch (error) {
    if (error instanceof NeverHappened) return undefined;
    throw error;
  }
}
