import { type Answer, expect, happens, type Logs } from '@backend-labs/testkit';

const SHOWN = 80;

/** The beginning of a long text. */
export function short(text: string): string {
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}

/** `PATCH /v1/books/7 with {"year":1969}` */
export function sent({ request }: Answer, body?: unknown): string {
  return body === undefined ? request : `${request} with ${short(JSON.stringify(body))}`;
}

/** `GET /v1/books/7 answered 200` */
export function said(answer: Answer, body?: unknown): string {
  return `${sent(answer, body)} answered ${answer.status}`;
}

/** Asserts a status; its failure says what was sent, and why the answer is expected. */
export function expectStatus(answer: Answer, status: number, why: string, body?: unknown): void {
  if (answer.status === status) return;
  expect.fail(`${said(answer, body)}, expected ${status}: ${why}`);
}

/** A line of the log comes a little after its answer. */
const LOGGED_WITHIN_MS = 1_000;

/** The first line of the service's log that has this text; undefined if there is none. */
export async function logLine(logs: Logs, text: string): Promise<string | undefined> {
  const find = (): string | undefined => logs.stdout.find((line) => line.includes(text));
  await happens(find, { within: LOGGED_WITHIN_MS });
  return find();
}
