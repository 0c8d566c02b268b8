import { readFolder } from '@backend-labs/grader';
import type { Assignment, ClassRecord } from '../records.ts';
import { similarPairs, type CodeFile, type SimilarPair } from './pairs.ts';
import { Tokenizer } from './tokenizer.ts';
import { isCode } from './code.ts';

/** What the works of one assignment have in common. */
export interface Comparison {
  readonly assignment: Assignment;
  readonly pairs: readonly SimilarPair[];
  /** Ids of students whose files are all as they were given out. */
  readonly unchanged: readonly string[];
  /** Files that could not be compared. */
  readonly unread: readonly { readonly student: string; readonly path: string }[];
}

type Texts = ReadonlyMap<string, Buffer>;

/**
 * Compares the collected works of each assignment with each other.
 *
 * @param starterOf the folder with the files that everybody was given.
 * @param onRead called before each work is read.
 */
export async function compareWorks(
  records: readonly ClassRecord[],
  starterOf: (assignment: Assignment) => string,
  onRead: (record: ClassRecord) => void = () => {},
): Promise<Comparison[]> {
  const byAssignment = Map.groupBy(records, ({ assignment }) => assignment.id);
  const comparisons: Comparison[] = [];
  await using tokenizer = new Tokenizer();
  for (const own of byAssignment.values()) {
    const assignment = own[0]?.assignment;
    if (assignment)
      comparisons.push(await compare(assignment, own, starterOf(assignment), tokenizer, onRead));
  }
  return comparisons;
}

async function compare(
  assignment: Assignment,
  records: readonly ClassRecord[],
  starterDir: string,
  tokenizer: Tokenizer,
  onRead: (record: ClassRecord) => void,
): Promise<Comparison> {
  const starter = await filesIn(starterDir, assignment.lab);
  const known = new Map<string, CodeFile>();
  const unread: { student: string; path: string }[] = [];
  const codeOf = async (files: Texts, student: string): Promise<CodeFile[]> => {
    const code: CodeFile[] = [];
    for (const [path, bytes] of [...files].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
      if (!isCode(path)) continue;
      // A file as it was given out is in the starter already, and would be counted as ignored.
      const same = known.get(path);
      if (same && starter.get(path)?.equals(bytes)) continue;
      const tokens = await tokenizer.tokensOf(path, bytes.toString('utf8'));
      if (tokens) code.push({ path, ...tokens });
      else unread.push({ student, path });
    }
    return code;
  };
  const given = await codeOf(starter, '');
  for (const file of given) known.set(file.path, file);
  const works: { student: string; files: CodeFile[] }[] = [];
  const unchanged: string[] = [];
  for (const record of records) {
    const { student, submission } = record;
    if (!submission) continue;
    onRead(record);
    const files = await filesIn(submission.dir, assignment.lab);
    if (isSame(files, starter)) unchanged.push(student.id);
    else works.push({ student: student.id, files: await codeOf(files, student.id) });
  }
  return { assignment, pairs: similarPairs(works, given), unchanged, unread };
}

/** Never a student's work, in a lab's folder as in a student's. */
const NOT_WORK = /^(?:tests|data|solutions|misconceptions|designs)\//u;

/** The work below a folder: `work/<lab>/` of a whole repository, or the folder itself. */
async function filesIn(dir: string, lab: string): Promise<Texts> {
  const { files } = await readFolder(dir);
  const home = `work/${lab}/`;
  const isWhole = [...files.keys()].some((path) => path.startsWith(home));
  return new Map(
    [...files].flatMap(([path, bytes]): [string, Buffer][] => {
      const own = isWhole ? (path.startsWith(home) ? path.slice(home.length) : undefined) : path;
      return own === undefined || NOT_WORK.test(own) ? [] : [[own, bytes]];
    }),
  );
}

/** Whether a work has no file that differs from the starter's, and none of its own. */
function isSame(work: Texts, starter: Texts): boolean {
  return [...work].every(([path, bytes]) => starter.get(path)?.equals(bytes) === true);
}
