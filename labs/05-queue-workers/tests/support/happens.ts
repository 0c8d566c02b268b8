import { eventually, NeverHappened } from '@backend-labs/testkit';

/** Whether it comes to that within so many milliseconds: for what may rightly not come. */
export async function happens(
  look: () => boolean | Promise<boolean>,
  within: number,
): Promise<boolean> {
  try {
    return await eventually('it', look, { within });
  } catch (error) {
    if (error instanceof NeverHappened) return false;
    throw error;
  }
}
