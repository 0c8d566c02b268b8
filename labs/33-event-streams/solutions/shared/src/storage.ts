import { type AccountEvent, InvalidEvent } from './event.ts';

/** The storage cannot say now; it will be able to later. */
export class StorageUnavailable extends Error {
  override readonly name = 'StorageUnavailable';
}

/**
 * Bytes of an object. Usually answers immediately; an object in the archive takes seconds.
 * Throws `InvalidEvent` if there is no such object, and `StorageUnavailable` for any other failure.
 */
export type SizeOf = (object: string) => Promise<number>;

/** The storage at `url`. */
export function createStorage(url: string): SizeOf {
  return async (object) => {
    try {
      const response = await fetch(`${url}/objects/${encodeURIComponent(object)}`);
      if (response.status === 404) throw new InvalidEvent(`there is no object ${object}`);
      if (!response.ok) throw new Error(`the storage answered ${response.status}`);
      const { bytes } = (await response.json()) as { bytes: number };
      return bytes;
    } catch (cause) {
      if (cause instanceof InvalidEvent) throw cause;
      // No answer is a TypeError, half of one a TypeError or SyntaxError; kafkajs takes both for bugs.
      throw new StorageUnavailable(`the storage does not know ${object} now`, { cause });
    }
  };
}

/** Bytes that an event adds; 0 for one that adds none. */
export async function bytesOf(event: AccountEvent, sizeOf: SizeOf): Promise<number> {
  if (event.type === 'plan.changed') return 0;
  return 'bytes' in event ? event.bytes : sizeOf(event.object);
}
