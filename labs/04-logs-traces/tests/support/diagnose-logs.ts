import { explain, type LogEntry, type Logs, lesson } from '@backend-labs/testkit';

/** Explains why a request does not have its one completion line. */
export async function diagnoseCompletions(
  request: string,
  logs: Logs,
  found: readonly LogEntry[],
  assertion: () => void,
): Promise<void> {
  await explain(assertion, () => {
    if (found.length > 1) {
      lesson('counted-twice', {
        observed: `${request} has ${found.length} completion lines.`,
        meaning:
          'Error rates and latencies are counted from these lines. Two lines for one request count it twice.',
        lookAt: 'which events of one request lead to a line, and how often each of them fires.',
      });
    }
    if (found.length === 0 && completionsSeen(logs)) {
      lesson('no-line-on-close', {
        observed: `${request} has no completion line, although other requests have one.`,
        meaning:
          'Node fires `finish` only when the whole answer was handed over. A request whose client gave up first never gets it, and that is the request that you will look for.',
        lookAt: 'which event of a response always comes, and what it can tell about the outcome.',
      });
    }
  });
}

function completionsSeen(logs: Logs): boolean {
  return logs.entries.some(({ fields }) => typeof fields['status'] === 'number');
}

/** Explains a `route` that is not the pattern. */
export async function diagnoseRoute(
  path: string,
  line: LogEntry | undefined,
  assertion: () => void,
): Promise<void> {
  await explain(assertion, () => {
    const route = line?.fields['route'];
    if (route !== path && route !== path.split('?')[0]) return;
    lesson('one-group-per-request', {
      observed: `The route in the completion line is the path ${path}.`,
      meaning:
        'A route is for grouping. With the path, every checkout is a group of its own, and no question such as "which route got slow?" has an answer.',
      lookAt: 'what the router knows about a request once it has matched.',
    });
  });
}

/** Explains an answer with the request id of a client that is not valid. */
export async function expectFresh(
  sent: string | undefined,
  got: unknown,
  assertion: () => void,
): Promise<void> {
  await explain(assertion, () => {
    if (sent === undefined || got !== sent) return;
    lesson('any-id-taken', {
      observed: `A request id of ${sent.length} characters that is not valid came back in the answer.`,
      meaning:
        'Anybody can send this header. An unchecked value is in every line of the request, at any length and with any characters.',
      lookAt: 'what happens between the header and its first use.',
    });
  });
}
