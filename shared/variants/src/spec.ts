import { z } from 'zod';

const slug = z
  .string()
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/u, 'must be lower-case words joined by hyphens.');
const text = z.string().min(1, 'must not be empty.');
const point = z.string().regex(/^\d+\.\d+$/u, 'must be a point, e.g. 2.3.');
const term = z
  .string()
  .regex(/^[a-z]+( [a-z]+)*$/u, 'must be lower-case words with one space between them.');

/** A number or text of the lab that each variant draws. */
const factSchema = z
  .strictObject({
    /** The value in the lab. */
    is: z.union([z.int(), text]),
    values: z
      .array(z.union([z.int(), text]))
      .min(1, 'must not be empty.')
      .optional(),
    /** Whole numbers, both ends included. */
    from: z.int().optional(),
    to: z.int().optional(),
    /** File, or glob of files → the phrases that have it, as `{}`. */
    places: z.record(text, z.array(text).min(1, 'needs at least one phrase.')),
  })
  .refine(
    ({ values, from, to }) => (values === undefined) === (from !== undefined && to !== undefined),
    'needs either `values`, or `from` and `to`.',
  );

const skinSchema = z.strictObject({
  name: slug,
  /** The lab's word → the skin's word. */
  terms: z
    .record(term, term)
    .default({})
    .superRefine((terms, context) => {
      for (const [from, to] of Object.entries(terms)) {
        if (from.includes(' ') || !to.includes(' ')) continue;
        const message = `one word can't become several: nobody could tell whether "${from}" is a word or a name in the code.`;
        context.addIssue({ code: 'custom', path: [from], message });
      }
    }),
  /** Passages with another text. */
  texts: z.array(z.strictObject({ file: text, from: text, to: text })).default([]),
});

const optionSchema = z.strictObject({
  name: slug,
  /** Points at which an answer to another option of the axis fails. */
  refuses: z.array(point).min(1, 'must name the points that refuse an answer to another option.'),
  /** Misconceptions and designs that mean nothing under this option. */
  without: z.array(slug).default([]),
});

/** `variant.yaml`. */
export const specSchema = z.strictObject({
  facts: z.record(slug, factSchema).default({}),
  words: z
    .strictObject({
      /** Phrases with a term in them that is not of the domain, such as `order by`. */
      keep: z.array(text).default([]),
      skins: z.array(skinSchema).min(1, 'needs at least one skin.'),
    })
    .refine(({ skins: [own] }) => !own || Object.keys(own.terms).length + own.texts.length === 0, {
      path: ['skins', 0],
      message: 'must have no terms and texts: it is the lab as it is.',
    }),
  /** Axis → its options; the first is the lab as it is. */
  choices: z.record(slug, z.array(optionSchema).min(2, 'needs at least two options.')),
});

export type Spec = z.infer<typeof specSchema>;
export type Fact = z.infer<typeof factSchema>;
export type Skin = z.infer<typeof skinSchema>;
export type Option = z.infer<typeof optionSchema>;
