import { type Answer, lesson, type Logs } from '@backend-labs/testkit';
import type { FieldName } from './bodies.ts';
import { logLine, said } from './sent.ts';

type Send = (field: FieldName, value: unknown) => Promise<Answer>;

/** Of each field, the values that break its rule and are falsy, and one that is truthy. */
const BAD = {
  title: { falsy: ['', null], truthy: 42 },
  author: { falsy: ['', null], truthy: 7 },
  year: { falsy: ['', 0], truthy: 999 },
} as const;

/** Postgres refused a value that the service had let through. */
const FROM_POSTGRES = /violates not-null constraint|invalid input syntax for type integer/u;

/**
 * The check is there, and no falsy value reaches it. Sends the other bad values of the field, to tell
 * this from a check that is too weak.
 */
export async function falsySkipsTheCheck(
  answer: Answer,
  body: unknown,
  field: FieldName | undefined,
  logs: Logs,
  send: Send,
): Promise<void> {
  if (field === undefined || (body as Record<string, unknown>)[field]) return;
  if (answer.status >= 300 && !(await logLine(logs, FROM_POSTGRES))) return;
  const { falsy, truthy } = BAD[field];
  if ((await send(field, truthy)).status !== 400) return;
  for (const value of falsy) if ((await send(field, value)).status === 400) return;
  const names = falsy.map((value) => JSON.stringify(value)).join(' or ');
  lesson('falsy-skips-the-check', {
    observed: `${said(answer, body)}. The service refuses the ${field} ${truthy}, but not the ${field} ${names}.`,
    meaning: `The check is right, but it does not run for these values. Undefined, null, 0 and the empty text are all falsy, so \`if (${field})\` skips each of them. Only a field that is not in the body may skip the check, and that is \`undefined\`.`,
    lookAt: `how the handler decides that \`${field}\` is not in the body.`,
  });
}
