import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, test, vi } from 'vitest';
import { exportsTraces } from '../src/traces/exports-traces.ts';
import { TracePrinter } from '../src/traces/trace-printer.ts';

const TRACE = 'a'.repeat(32);
const MS = 1_000_000n;

interface Made {
  readonly id: string;
  readonly parent?: string;
  readonly name: string;
  readonly kind?: number;
  /** Milliseconds since the beginning of the trace. */
  readonly from?: number;
  readonly to?: number;
  readonly code?: number;
  readonly traceId?: string;
}

/** A body of `POST /v1/traces`. */
function exported(service: string, spans: readonly Made[]): object {
  return {
    resourceSpans: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: service } }] },
        scopeSpans: [
          {
            spans: spans.map(({ id, parent, name, kind = 1, from = 0, to = 1, code, traceId }) => ({
              traceId: traceId ?? TRACE,
              spanId: id,
              ...(parent && { parentSpanId: parent }),
              name,
              kind,
              startTimeUnixNano: String(BigInt(from) * MS),
              endTimeUnixNano: String(BigInt(to) * MS),
              status: { ...(code && { code }) },
            })),
          },
        ],
      },
    ],
  };
}

/** A printer, and what it printed. */
class Printed implements AsyncDisposable {
  readonly printer: TracePrinter;
  readonly #shown: () => string;

  private constructor(printer: TracePrinter, shown: () => string) {
    this.printer = printer;
    this.#shown = shown;
  }

  static async open(quiet: number): Promise<Printed> {
    const chunks: string[] = [];
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    for (const stream of [stdout, stderr]) {
      stream.on('data', (chunk: Buffer) => chunks.push(chunk.toString()));
    }
    return new Printed(await TracePrinter.open({ stdout, stderr }, quiet), () => chunks.join(''));
  }

  get shown(): string {
    return this.#shown();
  }

  async post(path: string, body: object | string): Promise<number> {
    const url = `${this.printer.env['OTEL_EXPORTER_OTLP_ENDPOINT']}${path}`;
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const { status } = await fetch(url, { method: 'POST', body: text });
    return status;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.printer[Symbol.asyncDispose]();
  }
}

/** Longer than any of these tests takes: nothing is printed before the end. */
const NEVER = 60_000;

describe('traces', () => {
  test('a trace of two processes is one tree, in the order in which its spans began', async () => {
    const printed = await Printed.open(NEVER);
    await printed.post(
      '/v1/traces',
      exported('worker', [{ id: '4', parent: '3', name: 'process', kind: 5, from: 9, to: 12 }]),
    );
    await printed.post(
      '/v1/traces',
      exported('api', [
        { id: '3', parent: '1', name: 'send', kind: 4, from: 5, to: 6 },
        { id: '2', parent: '1', name: 'INSERT', kind: 3, from: 2, to: 4, code: 2 },
        { id: '1', name: 'POST /orders', kind: 2, from: 1, to: 8 },
      ]),
    );
    await printed[Symbol.asyncDispose]();
    expect(printed.shown).toBe(`
trace ${TRACE}
POST /orders  [api SERVER]  7.0 ms
├─ INSERT  [api client]  2.0 ms  ERROR
└─ send  [api PRODUCER]  1.0 ms
   └─ process  [worker CONSUMER]  3.0 ms

`);
  });

  test('a span whose parent was not exported is a root', async () => {
    const printed = await Printed.open(NEVER);
    await printed.post('/v1/traces', exported('api', [{ id: '2', parent: '1', name: 'GET' }]));
    await printed[Symbol.asyncDispose]();
    expect(printed.shown).toContain(`trace ${TRACE}\nGET  [api internal]  1.0 ms\n`);
  });

  test('a trace is printed when no more spans come', async () => {
    await using printed = await Printed.open(50);
    await printed.post('/v1/traces', exported('api', [{ id: '1', name: 'GET /orders' }]));
    await vi.waitFor(() => expect(printed.shown).toContain('GET /orders'), { timeout: 5_000 });
  });

  test('a control character in the name of a span does not reach the terminal', async () => {
    const printed = await Printed.open(NEVER);
    await printed.post('/v1/traces', exported('api', [{ id: '1', name: 'GET \u001B[2J' }]));
    await printed[Symbol.asyncDispose]();
    expect(printed.shown).toContain('GET \uFFFD[2J');
  });

  test('metrics and log records are accepted and not printed', async () => {
    const printed = await Printed.open(NEVER);
    expect(await printed.post('/v1/metrics', { resourceMetrics: [{}] })).toBe(200);
    expect(await printed.post('/v1/logs', { resourceLogs: [{}] })).toBe(200);
    await printed[Symbol.asyncDispose]();
    expect(printed.shown).toBe('');
  });

  test('an export that is not JSON is refused, and reported once', async () => {
    const printed = await Printed.open(NEVER);
    expect(await printed.post('/v1/traces', '\n\u0004spans')).toBe(400);
    expect(await printed.post('/v1/traces', '\n\u0004spans')).toBe(400);
    await printed[Symbol.asyncDispose]();
    expect(printed.shown.match(/not JSON/gu)).toHaveLength(1);
  });

  test.each([{}, { resourceSpans: 7 }, { resourceSpans: [{ scopeSpans: [{ spans: [null] }] }] }])(
    'an export without spans prints nothing: %j',
    async (body) => {
      const printed = await Printed.open(NEVER);
      expect(await printed.post('/v1/traces', body)).toBe(200);
      await printed[Symbol.asyncDispose]();
      expect(printed.shown).toBe('');
    },
  );
});

describe('a program exports traces', () => {
  test.each([
    ['{"dependencies":{"@opentelemetry/sdk-node":"1.0.0"}}', true],
    ['{"dependencies":{"express":"5.0.0"}}', false],
    ['{}', false],
    ['{', false],
  ])('if it depends on the SDK: %s', (text, expected) => {
    const dir = mkdtempSync(join(tmpdir(), 'traces-'));
    try {
      writeFileSync(join(dir, 'package.json'), text);
      expect(exportsTraces(dir)).toBe(expected);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});
