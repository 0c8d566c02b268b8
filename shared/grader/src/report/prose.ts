import { html, type Html } from './html.ts';

/** Our own sentence, escaped, with what stands between backticks as code. */
export function prose(sentence: string): Html {
  return html`${sentence.split(/`([^`]+)`/u).map((part, at) => {
    return at % 2 === 0 ? part : html`<code>${part}</code>`;
  })}`;
}
