import { type Answer, lesson, type Logs } from '@backend-labs/testkit';
import { logLine } from './sent.ts';

const COUNTS =
  /bind message supplies (\d+) parameters, but prepared statement \\?"\\?" requires (\d+)/u;
const NOT_USED = /could not determine data type of parameter (\$\d+)/u;

/** The placeholders of a statement and its values do not fit together, and Postgres says so. */
export async function placeholderCount({ request, status }: Answer, logs: Logs): Promise<void> {
  if (status !== 500) return;
  const line = await logLine(logs, new RegExp(`${COUNTS.source}|${NOT_USED.source}`, 'u'));
  if (line === undefined) return;
  const [, supplied, required] = COUNTS.exec(line) ?? [];
  const [notUsed, name] = NOT_USED.exec(line) ?? [];
  lesson('placeholder-count', {
    observed: supplied
      ? `${request} answered 500. The array has ${counted(supplied, 'value')}, and the statement has ${counted(required, 'placeholder')}.`
      : `${request} answered 500. The log says: ${notUsed}. The statement does not use ${name}.`,
    meaning: [
      'Postgres counts placeholders by their numbers: `$1` is the first value of the array, and `$2` is the second. If `$1` is there twice, it is one placeholder with one value. If `$2` is there, `$1` must be there too.',
      ...(required === '0'
        ? ["Between quotes, as in `'$1'`, it is not a placeholder: it is a text of two characters."]
        : []),
    ].join(' '),
    lookAt: 'the statement for this request and its array of values: print both, and count.',
  });
}

function counted(count: string | undefined, noun: string): string {
  return `${count} ${noun}${count === '1' ? '' : 's'}`;
}
