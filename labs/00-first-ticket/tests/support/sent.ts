import { type Answer, expect, happens, type Logs } from '@backend-labs/testkit';

const SHOWN = 80;

/** The beginning of a long text. Spaces that a terminal would swallow are said in words. */
export function short(text: string): string {
  const shown = text.replaceAll(/"( +)"/gu, (_all, { length }: string) => `(${length} spaces)`);
  return shown.length > SHOWN ? `${shown.slice(0, SHOWN)}…` : shown;
}

/** `PATCH /v1/books/7 with {"year":1969}` */
export function sent({ request }: Answer, body?: unknown): string {
  return body === undefined ? request : `${request} with ${short(JSON.stringify(body))}`;
}

/** `GET /v1/books/7 answered 200` */
export function said(answer: Answer, body?: unknown): string {
  return `${sent(answer, body)} answered ${answer.status}`;
}

/**
 * Asserts a status. Of a list of failures, each is cut to one line: the reason comes first, then the
 * status, then the body.
 */
export function expectStatus(answer: Answer, status: number, why: string, body?: unknown): void {
  if (answer.status === status) return;
  const { request } = answer;
  const what = body === undefined ? request : `${short(JSON.stringify(body))} (${request})`;
  expect.fail(`${why}: answered ${answer.status}, expected ${status}: ${what}`);
}

/** Asserts the fields of a book or a loan, and that it has no others. `where` says what was read. */
export function expectFields(found: unknown, wanted: object, where: string): void {
  if (typeof found !== 'object' || found === null || Array.isArray(found)) {
    expect.fail(
      `found ${found === undefined ? 'nothing' : short(JSON.stringify(found))}: ${where}`,
    );
  }
  const [have, want] = [new Map(Object.entries(found)), new Map(Object.entries(wanted))];
  for (const [name, value] of want) {
    if (!have.has(name)) expect.fail(`the field ${name} is missing: ${where}`);
    const is = JSON.stringify(have.get(name));
    const expected = JSON.stringify(value);
    if (is !== expected) {
      expect.fail(`${name} is ${short(is)}, expected ${short(expected)}: ${where}`);
    }
  }
  const other = [...have.keys()].find((name) => !want.has(name));
  if (other !== undefined) expect.fail(`there is a field ${other} too many: ${where}`);
}

/** A line of the log comes a little after its answer. */
const LOGGED_WITHIN_MS = 1_000;

/** The first line of the service's log that has this text; undefined if there is none. */
export async function logLine(logs: Logs, text: string | RegExp): Promise<string | undefined> {
  const find = (): string | undefined => logs.stdout.find((line) => line.search(text) >= 0);
  await happens(find, { within: LOGGED_WITHIN_MS });
  return find();
}
