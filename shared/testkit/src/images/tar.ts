import { readSync } from 'node:fs';

const BLOCK = 512;

export interface TarEntry {
  /** Without `./` or `/` in front and without a slash at the end. */
  readonly path: string;
  readonly type: 'file' | 'directory' | 'link' | 'other';
  /** Permissions, with the setuid and setgid bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** In bytes. */
  readonly size: number;
  /** Where its content begins in the file that holds the archive. */
  readonly offset: number;
}

/** The entries of an archive that lies in an open file from `start` to `end`. ustar, GNU and pax. */
export function readTar(fd: number, start: number, end: number): TarEntry[] {
  const entries: TarEntry[] = [];
  let longer: { path?: string; size?: number } = {};
  for (let at = start; at + BLOCK <= end;) {
    const header = read(fd, at, BLOCK);
    if (header[0] === 0) break;
    const kind = String.fromCodePoint(header[156] ?? 0);
    const size =
      kind === 'x' || kind === 'L'
        ? number(header, 124, 12)
        : (longer.size ?? number(header, 124, 12));
    const offset = at + BLOCK;
    at = offset + Math.ceil(size / BLOCK) * BLOCK;
    if (kind === 'L') longer.path = cString(read(fd, offset, size));
    else if (kind === 'x') longer = { ...longer, ...pax(read(fd, offset, size)) };
    else if (kind !== 'g') {
      entries.push({
        path: clean(longer.path ?? nameOf(header)),
        type: typeOf(kind),
        mode: number(header, 100, 8) & 0o7777,
        uid: number(header, 108, 8),
        gid: number(header, 116, 8),
        size,
        offset,
      });
      longer = {};
    }
  }
  return entries;
}

/** `length` bytes from `at` on. */
export function read(fd: number, at: number, length: number): Buffer {
  const buffer = Buffer.alloc(length);
  let done = 0;
  while (done < length) {
    const more = readSync(fd, buffer, done, length - done, at + done);
    if (more === 0) break;
    done += more;
  }
  return buffer.subarray(0, done);
}

function nameOf(header: Buffer): string {
  const name = cString(header.subarray(0, 100));
  const prefix = header.toString('latin1', 257, 262) === 'ustar' ? header.subarray(345, 500) : '';
  const before = prefix === '' ? '' : cString(prefix);
  return before === '' ? name : `${before}/${name}`;
}

/** Octal digits, or base 256 where the first bit is set. */
function number(header: Buffer, from: number, length: number): number {
  if (((header[from] ?? 0) & 0x80) === 0)
    return Number.parseInt(cString(header.subarray(from, from + length)).trim() || '0', 8);
  return header.subarray(from + 1, from + length).reduce((sum, byte) => sum * 256 + byte, 0);
}

function pax(content: Buffer): { path?: string; size?: number } {
  const found: { path?: string; size?: number } = {};
  for (const [, key, value = ''] of content.toString('utf8').matchAll(/\d+ ([\w.]+)=(.*)\n/gu)) {
    if (key === 'path') found.path = value;
    if (key === 'size') found.size = Number(value);
  }
  return found;
}

function typeOf(kind: string): TarEntry['type'] {
  if (kind === '0' || kind === '\0' || kind === '7' || kind === '1') return 'file';
  if (kind === '5') return 'directory';
  return kind === '2' ? 'link' : 'other';
}

function clean(path: string): string {
  return path.replace(/^(?:\.?\/)+/u, '').replace(/\/+$/u, '');
}

function cString(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end === -1 ? bytes.length : end);
}
