import {
  expect,
  explain,
  lesson,
  type LogEntry,
  type OtlpCollector,
  type StartedService,
} from '@backend-labs/testkit';
import { exportedWith, lineWith, type Secret } from './secrets.ts';

/** Asserts that no line of these services holds the secret. */
export async function expectNoLine(
  secret: Secret,
  services: readonly StartedService[],
): Promise<void> {
  for (const { name, logs } of services) {
    const line = lineWith(secret, logs);
    await explain(
      () =>
        expect(line === undefined, `whether no line of ${name} holds ${secret.what}`).toBe(true),
      () => {
        if (line === undefined) return;
        const observed = `A line of ${name} holds ${secret.what}.`;
        if (line.includes(`token=${secret.value}`)) {
          lesson('query-in-the-log', {
            observed: `${observed} It is a part of a URL.`,
            meaning:
              'Links with a token in the query are passwords that somebody can click. A URL in a log is readable for everyone who may read logs.',
            lookAt: 'what a line needs of the URL once it has the route.',
          });
        }
        if (line.includes('[Redacted]')) {
          lesson('redact-by-path', {
            observed: `${observed} The same line has a "[Redacted]" elsewhere.`,
            meaning:
              'Redaction works by path: it covers the members that you listed, at the depth that you listed. The next field that somebody adds to the body is not among them.',
            lookAt: 'logging the few fields that you need, instead of hiding those that you know.',
          });
        }
        const error = errorOf(line);
        const member = ['detail', 'message', 'stack'].find((key) => holds(error?.[key], secret));
        if (member !== undefined) {
          lesson('text-of-the-error', {
            observed: `${observed} It is in the \`${member}\` of an error.`,
            meaning:
              'The code that throws an error decides what its texts say: a trigger quotes an address in `message`, Postgres quotes the whole row in `detail`, and `stack` begins with the message.',
            lookAt: 'which members of an error you log, instead of which you leave out.',
          });
        }
      },
    );
  }
}

/** Asserts that nothing of what was exported holds the secret. */
export async function expectNotExported(secret: Secret, collector: OtlpCollector): Promise<void> {
  const where = exportedWith(secret, collector);
  await explain(
    () => expect(where, `where ${secret.what} was exported`).toBe(undefined),
    () => {
      if (where === undefined || !where.startsWith('traces')) return;
      lesson('spans-leak-too', {
        observed: `An exported span holds ${secret.what}, in ${where.replace('traces: ', '')}.`,
        meaning:
          'Spans carry texts that instrumentations copy from requests and errors. They leave the process past the logger, so no rule of the logger applies to them.',
        lookAt: 'the last place in the process that every span passes.',
      });
    },
  );
}

function errorOf(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return (JSON.parse(line) as { err?: Record<string, unknown> }).err;
  } catch {
    return undefined;
  }
}

function holds(value: unknown, { value: secret }: Secret): boolean {
  return typeof value === 'string' && value.includes(secret);
}

/** Explains why an order id is missing in the worker. */
export async function expectOrder(
  what: string,
  orderId: string,
  logs: StartedService['logs'],
): Promise<void> {
  const lines = logs.entries.filter(({ fields }) => fields['orderId'] === orderId);
  await explain(
    () => {
      expect(lines.length, `lines of the worker with the orderId of ${what}`).toBeGreaterThan(0);
    },
    () => {
      const anonymous = logs.entries.filter(
        ({ level = 0, fields }) => level >= 50 && fields['orderId'] === undefined,
      );
      if (anonymous.length === 0) return;
      lesson('failed-without-its-order', {
        observed: `The worker has no line with the orderId of ${what}, but an error "${anonymous[0]?.msg ?? ''}" without any orderId.`,
        meaning:
          'The line of an error is the one that you will search for by order id. The code knows the order at the moment of the failure, and nobody can find it out later.',
        lookAt: 'which names are in scope where the error is logged.',
      });
    },
  );
}

/** Asserts that a line with level 50 or more has the code and the stack of an error. */
export async function expectDiagnosable(
  what: string,
  code: string,
  lines: readonly LogEntry[],
): Promise<void> {
  const errors = lines.filter(({ level = 0 }) => level >= 50).map(errOf);
  const low = lines.find((line) => (line.level ?? 0) < 50 && errOf(line)['code'] === code);
  const but = low ? ` (the line with ${code} has level ${low.level})` : '';
  await explain(
    () => {
      const codes = errors.map((error) => error['code']);
      expect(codes, `err.code in lines of ${what} with level 50 or more${but}`).toContain(code);
      const stack = errors.find((error) => error['code'] === code)?.['stack'];
      expect(String(stack), `err.stack of ${what}`).toMatch(/\bat \S/u);
    },
    () => {
      const [error] = errors;
      if (!error || Object.keys(error).length === 0) return;
      lesson('scrubbed-to-nothing', {
        observed: `An error of ${what} was logged with ${Object.keys(error).join(', ')} alone.`,
        meaning:
          'A line without secrets that says nothing does not help the person on call. The SQLSTATE and the stack frames come from the program, not from the customer.',
        lookAt: 'which members of an error no customer can influence.',
      });
    },
  );
}

function errOf({ fields }: LogEntry): Readonly<Record<string, unknown>> {
  return (fields['err'] ?? {}) as Readonly<Record<string, unknown>>;
}
