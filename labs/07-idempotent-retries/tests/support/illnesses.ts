import type { Draw } from '@backend-labs/testkit';
import { newTap, type Tap } from './charges.ts';
import { chargesAndThen, fails, refuses, type Step, well } from './provider.ts';

/** What the provider does with a card until it is well again: each leaves the outcome unknown. */
export const ILLNESSES: readonly { readonly what: string; readonly steps: readonly Step[] }[] = [
  { what: 'charges and does not answer', steps: [chargesAndThen('never')] },
  { what: 'does not answer', steps: [fails('never')] },
  { what: 'charges and answers 500', steps: [chargesAndThen({ status: 500 })] },
  { what: 'answers 500', steps: [fails({ status: 500 })] },
  { what: 'charges and breaks the connection', steps: [chargesAndThen('reset')] },
  { what: 'breaks the connection', steps: [fails('reset')] },
  {
    what: 'charges, does not answer, then answers 503',
    steps: [chargesAndThen('never'), refuses(503)],
  },
  {
    what: 'charges and answers with half a page',
    steps: [chargesAndThen({ status: 502, body: '<html>' })],
  },
  { what: 'charges and answers 504', steps: [chargesAndThen({ status: 504 })] },
  { what: 'charges and answers 501', steps: [chargesAndThen({ status: 501 })] },
  { what: 'charges and answers 202', steps: [chargesAndThen({ status: 202 })] },
  { what: 'answers 408 to all calls', steps: [refuses(408)] },
  { what: 'answers 409 to all calls', steps: [refuses(409)] },
];

/** A charge, and what the provider does with it. */
export interface Case {
  readonly tap: Tap;
  readonly what: string;
  /** The provider's illness hides how it went. */
  readonly isHidden: boolean;
  readonly declines: boolean;
  readonly steps: readonly Step[];
}

/** So many charges in a drawn order: the provider is ill for six in ten, and declines four in ten. */
export function casesOf(draw: Draw, count: number): Case[] {
  const cases = Array.from({ length: count }, (_, n): Case => {
    const ill = n % 5 < 3 ? ILLNESSES[n % ILLNESSES.length] : undefined;
    const declines = n % 5 === 2 || n % 5 === 4;
    return {
      // All sums differ, so that no two mistakes make up for each other.
      tap: {
        ...newTap(draw, `mixed-${n}`, declines ? 'card_declined' : 'card_mixed'),
        amount: 1000 * draw.int(2, 90) + n,
      },
      what: ill?.what ?? 'is well',
      isHidden: ill !== undefined,
      declines,
      steps: ill?.steps ?? [well],
    };
  });
  return draw.shuffle(cases);
}
