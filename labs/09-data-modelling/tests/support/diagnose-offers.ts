import { explain, expect, lesson } from '@backend-labs/testkit';

/** Says why two offers for one product, supplier and country are there, if it knows. */
export function doubled(seen: {
  readonly country: string | null;
  readonly atOnce: boolean;
  readonly rows: number;
  readonly outcomes: readonly string[];
}): void {
  if (seen.rows !== 2) return;
  if (seen.country === null) {
    nullsAreDistinct();
  }
  if (seen.atOnce) raced('offers of one supplier for one product and country');
}

/** Fails: two transactions wrote what only one may write. */
export function raced(what: string): never {
  lesson('looks-before-it-writes', {
    observed: `Two ${what} were written by two transactions. The second looked while the first was open.`,
    meaning:
      'A transaction does not see what another one has not committed, so both checks find nothing. A trigger that looks is a check like any other. Only a constraint or a lock makes the second one wait.',
    lookAt: 'what makes the second writer wait for the first, in the database itself.',
  });
}

/** Of two requests at once, one must be granted and one refused. */
export async function bothOrOne(
  what: string,
  statuses: readonly number[],
  rows: number,
): Promise<void> {
  await explain(
    () => {
      expect(
        statuses.toSorted((a, b) => a - b),
        `answers to two requests at once: ${what}`,
      ).toEqual([201, 409]);
      expect(rows, `offers of the product after ${what}`).toBe(1);
    },
    () => {
      if (statuses.includes(500)) {
        lesson('refusal-as-500', {
          observed: `Two requests at the same time: ${what}. The database refused one of them, and its client got 500.`,
          meaning:
            'Another client was faster: that is a conflict, and this client can do something about it. A 500 says that we are broken, and asks for a retry that cannot help.',
          lookAt: 'what the handler does with an error of the database whose code begins with 23.',
        });
      }
      if (what.includes('everywhere else') && rows === 2) nullsAreDistinct();
      if (statuses.every((status) => status === 201)) {
        lesson('checked-in-the-code', {
          observed: `Two requests at the same time: ${what}. Both got 201, and ${rows} of the two offers ${rows === 1 ? 'is' : 'are'} there.`,
          meaning:
            'Both instances looked, found nothing in the way, and wrote. The check and the write are two moments, and another instance fits in between.',
          lookAt: 'whether the rule is checked at the moment of the write, by the database.',
        });
      }
    },
  );
}

function nullsAreDistinct(): never {
  lesson('nulls-are-distinct', {
    observed: 'One supplier has two offers for one product with no country, and both were written.',
    meaning:
      'In a unique constraint, null is not equal to null unless you say so. Every row without a country is a new one to it.',
    lookAt: 'how the rule for one offer treats a country that is null.',
  });
}
