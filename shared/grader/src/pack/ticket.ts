import type { Lab } from '@backend-labs/catalog';
import { namedTasks } from './listed.ts';
import { References } from './references.ts';
import type { Assignment } from './texts.ts';
import { blocksOf, withoutItems } from './ticket-blocks.ts';
import { CANDIDATE_COMMANDS } from './toolchain.ts';
import { weightsText } from './weights.ts';

const SECTION_OF_TASK = /^## Task (?<number>\d+)\b/u;
const COMMAND = /\blabs -- (?<name>[a-z]+)/gu;

/**
 * The ticket as a candidate gets it. It names only the chosen tasks, and only commands that
 * a take-home has. If a task refers to one that is left out, that one follows as a reference.
 */
export function ticketFor(ticket: string, lab: Lab, assignment: Assignment): string {
  const chosen = new Set(assignment.tasks);
  const isWhole = lab.tasks.every(({ number }) => chosen.has(number));
  const isMissing = missingCommands(ticket);
  const references = new References(ticket, lab, chosen);
  const sections = ticket.split(/^(?=## )/mu).flatMap((section) => {
    const number = SECTION_OF_TASK.exec(section)?.groups?.['number'];
    if (number !== undefined && !chosen.has(Number(number))) return [];
    const own = withoutCommands(section, isMissing);
    if (isWhole) return [own];
    return [number === undefined ? withoutTasks(own, references) : references.in(own)];
  });
  const text = sections.join('').trimEnd();
  const whole = [text, ...references.texts()].join('\n\n');
  const notes = [
    !isWhole && `This assignment asks for ${namedTasks(assignment.tasks)} only.`,
    assignment.weights && weightsText(lab, assignment),
  ].filter(Boolean);
  if (notes.length === 0) return `${whole}\n`;
  return `${whole}\n`.replace(/^(?<title># .*\n+)/u, `$<title>> ${notes.join(' ')}\n\n`);
}

/** Finds commands that a take-home does not have: `labs -- hint`, or `hint 7 2` for short. */
function missingCommands(ticket: string): (text: string) => boolean {
  const all = [...ticket.matchAll(COMMAND)].map(({ groups }) => groups?.['name'] ?? '');
  const missing = all.filter((name) => !CANDIDATE_COMMANDS.some((known) => known === name));
  return (text) =>
    missing.some((name) => new RegExp(`\\blabs -- ${name}\\b|\`${name} `, 'u').test(text));
}

/** What says which tasks the lab has, in which order, and which of them are optional. */
const MAKE_UP =
  /\bhas \w+ tasks\b|\bThe first \w+ are\b|\bAll \w+ take\b|\bin any order\b|\bwho have time left\b/iu;

/** A section about the whole lab, without what it says of tasks that are left out. */
function withoutTasks(section: string, references: References): string {
  const isAbout = (text: string) => references.mention(text) || MAKE_UP.test(text);
  return references
    .blocksOf(section)
    .map(({ kind, text }) => {
      const plain = kind === 'code' ? references.withExamples(text) : text;
      return withoutItems({ kind, text: plain }, isAbout);
    })
    .join('');
}

function withoutCommands(section: string, isMissing: (text: string) => boolean): string {
  return blocksOf(section)
    .map((block) => withoutItems(block, isMissing))
    .join('');
}
