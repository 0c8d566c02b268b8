import { happens, type LogEntry, type Logs, type StartedService } from '@backend-labs/testkit';

/** The completion lines of these logs: those with a number `status`. */
export function completions(logs: Logs): LogEntry[] {
  return logs.entries.filter(({ fields }) => typeof fields['status'] === 'number');
}

/** A unique and valid request id. */
let sent = 0;
export function newRequestId(name: string): string {
  sent += 1;
  return `${name}-${sent}`;
}

/** The completion lines of one request. */
export function completionsOf(logs: Logs, requestId: string): LogEntry[] {
  return completions(logs).filter(({ fields }) => fields['requestId'] === requestId);
}

const LAST = 'last';

/**
 * Sends a last request and waits for its completion line: what the API writes about the requests before
 * has been written then. A service that has logged no request so far is not waited for long.
 *
 * @returns completion lines, without those of this and earlier last requests.
 */
export async function settle(api: StartedService): Promise<(logs: Logs) => LogEntry[]> {
  const last = newRequestId(LAST);
  const mark = api.logs.mark();
  await api.get('/v1/checkouts/last', { headers: { 'x-request-id': last } });
  const within = completions(api.logs).length > 0 ? 5_000 : 1_000;
  await happens(() => completionsOf(api.logs.since(mark), last).length > 0, { within });
  return (logs) =>
    completions(logs).filter(({ fields }) => !String(fields['requestId']).startsWith(`${LAST}-`));
}
