import { describe, expect, test } from 'vitest';
import { type Notice, NoticeReader } from '../src/postgres/notices.ts';
import { readPlan } from '../src/postgres/plan.ts';

function message(type: string, body: string): Buffer {
  const header = Buffer.alloc(5, type);
  header.writeInt32BE(4 + Buffer.byteLength(body), 1);
  return Buffer.concat([header, Buffer.from(body)]);
}

const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);
const STARTUP = Buffer.from([0, 0, 0, 9, 0, 3, 0, 0, 0]);
const NOTICE = message('N', 'SNOTICE\0VNOTICE\0C00000\0Mhéllo\0\0');
const STREAM = Buffer.concat([
  message('R', '\0\0\0\0'),
  message('D', 'N'.repeat(1000)),
  NOTICE,
  message('C', 'SELECT 1\0'),
  NOTICE,
]);

function reader(): { notices: Notice[]; send: (...chunks: Buffer[]) => void; it: NoticeReader } {
  const notices: Notice[] = [];
  const it = new NoticeReader((notice) => notices.push(notice));
  const send = (...chunks: Buffer[]): void => {
    for (const chunk of chunks) void it.tap.toClient?.(chunk);
  };
  return { notices, send, it };
}

describe('notices', () => {
  test.for([1, 2, 3, 7, 64, 5000])('are read from chunks of %i bytes', (size) => {
    const { notices, send, it } = reader();
    void it.tap.toServer?.(STARTUP);
    for (let at = 0; at < STREAM.length; at += size) send(STREAM.subarray(at, at + size));
    const notice = { severity: 'NOTICE', message: 'héllo' };
    expect(notices).toEqual([notice, notice]);
  });

  test('are read after a refused request for encryption, whose answer is one bare byte', () => {
    const { notices, send, it } = reader();
    void it.tap.toServer?.(SSL_REQUEST);
    send(Buffer.from('N'));
    void it.tap.toServer?.(STARTUP);
    send(STREAM);
    expect(notices).toHaveLength(2);
    expect(it.encrypted).toBe(false);
  });

  test('cannot be read from an encrypted connection', () => {
    const { notices, send, it } = reader();
    void it.tap.toServer?.(SSL_REQUEST);
    send(Buffer.from('S'), STREAM);
    expect(it.encrypted).toBe(true);
    expect(notices).toEqual([]);
  });
});

describe('a plan', () => {
  const scan = {
    'Node Type': 'Index Scan',
    'Relation Name': 'orders',
    'Index Name': 'orders_placed_at',
    'Actual Rows': 2.5,
    'Actual Loops': 4,
    'Rows Removed by Filter': 100,
    'Rows Removed by Index Recheck': 1,
    'Index Cond': '(tenant_id = 7)',
    'Shared Hit Blocks': 10,
    'Shared Read Blocks': 5,
  };
  const root = { 'Node Type': 'Limit', 'Actual Rows': 10, 'Actual Loops': 1, Plans: [scan] };
  const found = { 'Query Text': 'SELECT 1', 'Query Parameters': "$1 = '7'", Plan: root };

  test('has totals over all loops', () => {
    const plan = readPlan(`duration: 0.5 ms  plan:\n${JSON.stringify(found)}`);
    expect(plan).toMatchObject({ query: 'SELECT 1', parameters: "$1 = '7'", rowsRemoved: 404 });
    expect(plan?.nodes('Index Scan')).toMatchObject([
      { rows: 10, rowsRemoved: 404, buffers: 15, index: 'orders_placed_at', loops: 4 },
    ]);
    expect(plan?.nodes().map(({ type }) => type)).toEqual(['Limit', 'Index Scan']);
    expect(plan?.indexes).toEqual(['orders_placed_at']);
  });

  test('is not read into another notice', () => {
    expect(readPlan('relation "orders" already exists, skipping')).toBeUndefined();
  });
});
