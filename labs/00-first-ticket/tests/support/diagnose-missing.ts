import { type Answer, lesson } from '@backend-labs/testkit';
import { said } from './sent.ts';

/** There is no such book, and the service says that all is well. */
export function okWithNothing(answer: Answer): void {
  if (answer.status !== 200) return;
  // What `rows` itself and `rows[0]` come out as.
  const fromRows = answer.text === '[]' || answer.text === '';
  lesson('ok-with-nothing', {
    observed: `${said(answer)}, but no book has this id. The body is: ${answer.text || '(empty)'}`,
    meaning: [
      'The status 200 means "here is the book". Programs look at the status first. An app that gets 200 goes on to show the title, and breaks there.',
      ...(fromRows
        ? [
            'The query found no row, so `rows` is `[]`. An empty array is truthy: `!rows` is false even if `rows` is `[]`.',
          ]
        : []),
    ].join(' '),
    lookAt: 'what the handler does if the query found no row.',
  });
}
