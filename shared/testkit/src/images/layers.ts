import { closeSync, openSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { read, readTar, type TarEntry } from './tar.ts';

const CHUNK = 16 * 1024 * 1024;
const GZIP = Buffer.from([0x1f, 0x8b]);

/** A file of a layer, with its content. */
export interface ImageFile extends TarEntry {
  content(): Buffer;
  /** SHA-256 of the content, in hex. */
  digest(): string;
}

/** One layer as it is stored: also what a later layer hides. */
export class Layer implements Disposable {
  readonly entries: readonly ImageFile[];
  readonly #file: string;
  readonly #start: number;
  readonly #end: number;
  #fd: number | undefined;

  constructor(file: string, start: number, end: number) {
    this.#file = file;
    this.#start = start;
    this.#end = end;
    this.entries = readTar(this.#open(), start, end).map((entry) => this.#imageFile(entry));
  }

  /** Size of its files, in bytes. */
  get size(): number {
    return this.entries.reduce((sum, { size, type }) => sum + (type === 'file' ? size : 0), 0);
  }

  /** Whether any byte of it, name or content, is part of `needle`. */
  holds(needle: string): boolean {
    const wanted = Buffer.from(needle);
    for (let at = this.#start; at < this.#end; at += CHUNK) {
      const length = Math.min(CHUNK + wanted.length - 1, this.#end - at);
      if (read(this.#open(), at, length).includes(wanted)) return true;
    }
    return false;
  }

  [Symbol.dispose](): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  #open(): number {
    this.#fd ??= openSync(this.#file, 'r');
    return this.#fd;
  }

  #imageFile(entry: TarEntry): ImageFile {
    const content = (): Buffer => read(this.#open(), entry.offset, entry.size);
    return {
      ...entry,
      content,
      digest: () => createHash('sha256').update(content()).digest('hex'),
    };
  }
}

/** The layers of an archive that `docker save` wrote, the lowest first. */
export function readArchive(file: string): Layer[] {
  const fd = openSync(file, 'r');
  try {
    const entries = new Map(
      readTar(fd, 0, statSync(file).size).map((entry) => [entry.path, entry]),
    );
    const manifest = entries.get('manifest.json');
    if (manifest === undefined) throw new TypeError('the archive has no manifest.json');
    const [image] = JSON.parse(read(fd, manifest.offset, manifest.size).toString('utf8')) as {
      Layers: string[];
    }[];
    return (image?.Layers ?? []).map((path, index) => {
      const entry = entries.get(path);
      if (entry === undefined) throw new TypeError(`the archive lacks its layer ${path}`);
      return layerAt(file, fd, entry, index);
    });
  } finally {
    closeSync(fd);
  }
}

/** Some engines compress layers; then its unpacked form is put beside the archive. */
function layerAt(file: string, fd: number, { offset, size }: TarEntry, index: number): Layer {
  if (!read(fd, offset, 2).equals(GZIP)) return new Layer(file, offset, offset + size);
  const plain = `${file}.${index}`;
  writeFileSync(plain, gunzipSync(readFileSync(file).subarray(offset, offset + size)));
  return new Layer(plain, 0, statSync(plain).size);
}

/** What a container sees of the layers: later ones replace, and whiteouts remove. */
export function mergeLayers(layers: readonly Layer[]): Map<string, ImageFile> {
  const files = new Map<string, ImageFile>();
  for (const { entries } of layers) {
    for (const { path } of entries) {
      const [dir, name] = [posix.dirname(path), posix.basename(path)];
      if (name === '.wh..wh..opq') removeBelow(files, dir);
      else if (name.startsWith('.wh.')) {
        const hidden = posix.join(dir, name.slice('.wh.'.length));
        files.delete(hidden);
        removeBelow(files, hidden);
      }
    }
    for (const entry of entries)
      if (!posix.basename(entry.path).startsWith('.wh.')) files.set(entry.path, entry);
  }
  return files;
}

function removeBelow(files: Map<string, ImageFile>, dir: string): void {
  for (const path of files.keys()) if (path.startsWith(`${dir}/`)) files.delete(path);
}
