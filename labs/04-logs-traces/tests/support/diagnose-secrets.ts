import {
  expect,
  explain,
  lesson,
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
        const error = errorOf(line);
        if (error && holds(error['detail'], secret)) {
          lesson('detail-of-the-row', {
            observed: `${observed} It is in the \`detail\` of a database error.`,
            meaning:
              'When a constraint fails, Postgres quotes the whole row in `detail`. The logger copies every member of an error.',
            lookAt: 'which members of an error you log, instead of which you leave out.',
          });
        }
        if (error && (holds(error['message'], secret) || holds(error['stack'], secret))) {
          lesson('message-of-the-error', {
            observed: `${observed} It is in the message or the stack of an error.`,
            meaning:
              'Whoever throws an error decides what its message says, and `stack` begins with the message. Redaction by path cannot know that.',
            lookAt: 'what identifies an error without its message.',
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
