import {
  File,
  type FileEntry,
  FingerprintIndex,
  Region,
  type SharedFingerprint,
  TokenizedFile,
} from '@dodona/dolos-core';
import type { Tokens } from './tokens.ts';

/** One student's code for one assignment. */
export interface Work {
  readonly student: string;
  readonly files: readonly CodeFile[];
}

export interface CodeFile extends Tokens {
  readonly path: string;
}

/** Two works that are alike beyond the starter: a reason to look at them, and no more. */
export interface SimilarPair {
  readonly left: Side;
  readonly right: Side;
  /** The larger of the two shares, 0 to 1. */
  readonly share: number;
  /** Tokens of the longest piece that both have. */
  readonly longest: number;
}

export interface Side {
  readonly student: string;
  /** How much of the student's own code is in the other work, 0 to 1. */
  readonly share: number;
  /** Where the longest shared piece is: `src/app.ts:12`. */
  readonly place: string;
}

/** Tokens that must agree in a row. Dolos' own default, in which a short idiom is shared by chance. */
const IN_A_ROW = 23;
/** Every run of tokens counts: the code that a student writes for a task is short. */
const EVERY = 1;
/**
 * Much of the code and more than an idiom, or one long piece. Independent solutions of the ten labs
 * share at most 34 % of what they add to the starter, and at most 135 tokens in one piece (both in
 * lab 05).
 */
const isMuch = ({ share, longest }: SimilarPair) =>
  (share >= 0.5 && longest >= 100) || longest >= 250;

/**
 * Pairs of works that share much of the code that is not in the starter, the most alike first.
 *
 * @param starter what everybody was given: it counts for nothing.
 * @see https://dolos.ugent.be/about/algorithm.html fingerprints of k tokens, compared by index
 */
export function similarPairs(works: readonly Work[], starter: readonly CodeFile[]): SimilarPair[] {
  const index = new FingerprintIndex(IN_A_ROW, EVERY);
  const streams = works.map((work) => ({ work, stream: new Stream(work.files) }));
  index.addFiles(streams.map(({ stream }) => stream.file));
  // It takes away from the files that are in the index, not from those that come later.
  index.addIgnoredFile(new Stream(starter).file);
  const entries = new Map(index.entries().map((entry) => [entry.file, entry]));
  const compared = streams.flatMap(({ work, stream }): Streamed[] => {
    const entry = entries.get(stream.file);
    return entry ? [{ work, stream, entry, own: startsIn(entry, entry.shared).length }] : [];
  });
  const pairs: SimilarPair[] = [];
  for (const [at, left] of compared.entries()) {
    for (const right of compared.slice(at + 1)) {
      const pair = comparison(left, right);
      if (pair && isMuch(pair)) pairs.push(pair);
    }
  }
  return pairs.toSorted((a, b) => b.share - a.share || b.longest - a.longest);
}

interface Streamed {
  readonly work: Work;
  readonly stream: Stream;
  readonly entry: FileEntry;
  /** How many runs of tokens are not the starter's. */
  readonly own: number;
}

function comparison(left: Streamed, right: Streamed): SimilarPair | undefined {
  const shared = [...left.entry.shared].filter((each) => right.entry.shared.has(each));
  if (shared.length === 0) return undefined;
  const side = ({ work, stream, entry, own }: Streamed): [Side, number] => {
    const starts = startsIn(entry, shared);
    const run = longestRun(starts);
    const share = starts.length / own;
    return [{ student: work.student, share, place: stream.placeOf(run.start) }, run.length];
  };
  const [[leftSide, leftRun], [rightSide, rightRun]] = [side(left), side(right)];
  return {
    left: leftSide,
    right: rightSide,
    share: Math.max(leftSide.share, rightSide.share),
    longest: Math.min(leftRun, rightRun) + IN_A_ROW - 1,
  };
}

/** Where in a file its runs of tokens begin. */
function startsIn({ file }: FileEntry, some: Iterable<SharedFingerprint>): number[] {
  return [...some].flatMap((each) => each.occurrencesOf(file).map(({ side }) => side.start));
}

/** The longest run of places that follow each other without a gap. */
function longestRun(starts: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let run = { start: -1, length: 0 };
  for (const start of starts.toSorted((a, b) => a - b)) {
    const goesOn = start === run.start + run.length;
    run = goesOn ? { ...run, length: run.length + 1 } : { start, length: 1 };
    if (run.length > best.length) best = run;
  }
  return best;
}

/** All files of a work as one stream of tokens, as Dolos wants it. */
class Stream {
  readonly file: TokenizedFile;
  readonly #places: readonly string[];

  constructor(files: readonly CodeFile[]) {
    const tokens = files.flatMap((file) => file.tokens);
    this.#places = files.flatMap(({ path, lines }) => lines.map((line) => `${path}:${line}`));
    const regions = tokens.map((_token, at) => new Region(at, 0, at, 1));
    this.file = new TokenizedFile(new File('', ''), tokens, regions);
  }

  placeOf(token: number): string {
    return this.#places[token] ?? '';
  }
}
