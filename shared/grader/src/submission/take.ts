import type { LeftOut, Pack } from '@backend-labs/protocol';
import { GraderError } from '../errors.ts';
import { digestOfFiles } from '../pack/digest.ts';
import type { Files } from '../pack/toolchain.ts';
import { newNames } from '../packages/new-names.ts';
import { LIMITS, type Submission } from './files.ts';

/** What of a submission is judged, and what is not. */
export interface Taken {
  /** The candidate's files by path in their folder. */
  readonly files: Files;
  readonly leftOut: readonly LeftOut[];
  readonly newDependencies: readonly string[];
  /** What the candidate wrote about AI tools; left out: nothing. It is shown, and never judged. */
  readonly aiList?: string;
  /** Of the files that were taken. */
  readonly digest: string;
}

/** The README asks for it: the list of AI tools. */
const AI_LIST = 'work/AI.md';
const EXPECTED = new Set([AI_LIST]);
/** They configure tools, and no tool reads them when we grade. */
const NOT_WORK =
  /^(?:tests|data|solutions|misconceptions|designs)\/|(?:^|\/)(?:\.npmrc|lab\.yaml|vitest\.(?:config|workspace)\.\w+|pnpm-\w+\.yaml)$/iu;

/**
 * Takes the files that a candidate may edit. Everything else comes from the pack.
 *
 * @param pristine all files of the pack.
 * @throws GraderError `NO_SUBMISSION` when the work is not in it.
 */
export function takeWork(submission: Submission, pack: Pack, pristine: Files): Taken {
  const home = `work/${pack.lab}/`;
  const isWhole = [...submission.files.keys()].some((path) => path.startsWith(home));
  const isWork = submission.files.has('package.json') && submission.files.has('src/server.ts');
  if (!isWhole && !isWork) {
    const message = `The submission has no ${home}. It must be the candidate's whole repository, or that folder.`;
    throw new GraderError('NO_SUBMISSION', message);
  }
  const files: Files = new Map();
  const leftOut = [...submission.leftOut];
  const list = (path: string, why: LeftOut['why']) => {
    if (leftOut.length < LIMITS.listed) leftOut.push({ path, why });
  };
  for (const [path, bytes] of submission.files) {
    const own = isWhole ? (path.startsWith(home) ? path.slice(home.length) : undefined) : path;
    if (own !== undefined && !NOT_WORK.test(own)) files.set(own, bytes);
    else if (own !== undefined) list(path, 'added');
    else if (!pristine.has(path) && !EXPECTED.has(path)) list(path, 'added');
    else if (pristine.get(path)?.equals(bytes) === false) list(path, 'changed');
  }
  if (isWhole) {
    for (const path of pristine.keys()) {
      if (!path.startsWith(home) && !submission.files.has(path)) list(path, 'missing');
    }
  }
  const starter = pristine.get(`${home}package.json`);
  const manifest = files.get('package.json');
  if (starter && !manifest) files.set('package.json', starter);
  const aiList = aiListIn(submission, home);
  return {
    files,
    ...(aiList !== undefined && { aiList }),
    leftOut: leftOut.toSorted((a, b) => (a.path < b.path ? -1 : 1)),
    newDependencies: newNames(manifest, starter).slice(0, LIMITS.listed),
    digest: digestOfFiles(files),
  };
}

/** A list in another place is a list even so: the place says nothing about a candidate. */
function aiListIn({ files }: Submission, home: string): string | undefined {
  const byName = new Map([...files].map(([path, bytes]) => [path.toLowerCase(), bytes]));
  const places = [AI_LIST, 'AI.md', `${home}AI.md`].map((path) => path.toLowerCase());
  return places
    .map((path) => byName.get(path))
    .find((bytes) => bytes !== undefined)
    ?.toString();
}
