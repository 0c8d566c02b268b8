import { InvalidEvent } from './event.ts';

const STORAGE_URL = process.env['STORAGE_URL'] ?? 'http://127.0.0.1:9000';

/** The storage cannot say now; it will be able to later. */
export class StorageUnavailable extends Error {
  override readonly name = 'StorageUnavailable';
}

/**
 * Bytes of an object. Usually at once; an object that lies in the archive takes seconds.
 * Throws `InvalidEvent` when there is no such object, else `StorageUnavailable`.
 */
export async function sizeOf(object: string): Promise<number> {
  try {
    const response = await fetch(`${STORAGE_URL}/objects/${encodeURIComponent(object)}`);
    if (response.status === 404) throw new InvalidEvent(`there is no object ${object}`);
    if (!response.ok) throw new Error(`the storage answered ${response.status}`);
    const { bytes } = (await response.json()) as { bytes: number };
    return bytes;
  } catch (cause) {
    if (cause instanceof InvalidEvent) throw cause;
    // No answer is a TypeError, half of one a TypeError or SyntaxError; kafkajs takes both for bugs.
    throw new StorageUnavailable(`the storage does not know ${object} now`, { cause });
  }
}
