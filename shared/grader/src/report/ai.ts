import type { AiPolicy } from '@backend-labs/protocol';
import { html, text, type Html } from './html.ts';
import { prose } from './prose.ts';

/** Characters of a candidate's list. */
const LONGEST = 4_000;

const POLICY: Readonly<Record<AiPolicy, string>> = {
  allowed: 'The candidate may use any AI tool.',
  declared:
    'The candidate may use AI tools, and is asked to list them in `work/AI.md`: which tool, and for which part. A list never costs points.',
  forbidden: 'The candidate is asked not to use AI tools.',
};

/** What the pack asks for, and what the candidate said. Nothing of it changes a point. */
export function renderAi(policy: AiPolicy, list = ''): Html {
  const said = list.trim();
  if (said === '') {
    return html`${prose(POLICY[policy])} ${policy === 'declared' ? 'No list was handed in.' : ''}`;
  }
  return html`${prose(POLICY[policy])} The candidate handed in this list:
    <pre class="list">${text(said, LONGEST)}</pre>`;
}
