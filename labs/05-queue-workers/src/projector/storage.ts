const STORAGE_URL = process.env['STORAGE_URL'] ?? 'http://127.0.0.1:9000';

/** Bytes of an object. Usually at once; an object that lies in the archive takes seconds. */
export async function sizeOf(object: string): Promise<number> {
  const response = await fetch(`${STORAGE_URL}/objects/${encodeURIComponent(object)}`);
  if (!response.ok) throw new Error(`the storage answered ${response.status} for ${object}`);
  const { bytes } = (await response.json()) as { bytes: number };
  return bytes;
}
