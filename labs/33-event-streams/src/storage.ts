/**
 * Bytes of an object. Usually answers immediately; an object in the archive takes seconds. Throws
 * when the storage cannot say.
 */
export type SizeOf = (object: string) => Promise<number>;

/** The storage at `url`. */
export function createStorage(url: string): SizeOf {
  return async (object) => {
    const response = await fetch(`${url}/objects/${encodeURIComponent(object)}`);
    if (!response.ok) throw new Error(`the storage answered ${response.status} for ${object}`);
    const { bytes } = (await response.json()) as { bytes: number };
    return bytes;
  };
}
