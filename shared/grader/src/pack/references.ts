import type { Lab } from '@backend-labs/catalog';
import { type Block, blocksOf, withoutSentences } from './ticket-blocks.ts';

const TASKS = /\btasks?\s+(?<numbers>\d+(?:(?:,\s*|\s+(?:and|or|to)\s+)\d+)*)/giu;
const POINT = /\b(?:in|of|by|points?|and|to)\s+(?<id>\d+\.\d+)\b(?!\.\d)/gu;
/** Says which task is about something else; the task itself does not need it. */
const ELSEWHERE = /\b(?:is|are)\s+tasks?\s+\d/u;

/** What a ticket says of tasks that are left out. */
export class References {
  readonly #ticket: string;
  readonly #lab: Lab;
  readonly #chosen: ReadonlySet<number>;
  readonly #tasks = new Set<number>();
  readonly #points = new Set<string>();

  constructor(ticket: string, lab: Lab, chosen: ReadonlySet<number>) {
    this.#ticket = ticket;
    this.#lab = lab;
    this.#chosen = chosen;
  }

  /** Whether a text names a task that is left out. */
  mention(text: string): boolean {
    return this.#absentIn(text).length > 0;
  }

  /** The blocks of a section, without asides such as ` (task 4)`, ` for task 4` and `, in task 4`. */
  blocksOf(section: string): Block[] {
    const aside =
      /\s+\((?<inner>[^()]*\btasks?\s+\d[^()]*)\)|,?\s+for\s+tasks?\s+\d+|,\s+in\s+tasks?\s+\d+/giu;
    return blocksOf(section).map(({ kind, text }) => {
      const plain = text.replaceAll(aside, (found) => (this.mention(found) ? '' : found));
      const isCut = kind === 'prose' && plain !== text;
      return { kind, text: isCut ? withoutSentences(plain, () => false) : plain };
    });
  }

  /** An example of a command with a task that is left out, with one that is there. */
  withExamples(text: string): string {
    const [task = 1] = this.#chosen;
    return text
      .replaceAll(/(?<head>\btest \d+ )(?<number>\d+)/gu, (found, head: string, number: string) =>
        this.#chosen.has(Number(number)) ? found : `${head}${task}`,
      )
      .replaceAll(TASKS, (found) => (this.mention(found) ? `task ${task}` : found));
  }

  /** The section of a chosen task. What it refers to is kept in mind. */
  in(section: string): string {
    const text = this.blocksOf(section)
      .map((block) => {
        const isElsewhere = (sentence: string) =>
          ELSEWHERE.test(sentence) && this.mention(sentence);
        return block.kind === 'prose' && isElsewhere(block.text)
          ? withoutSentences(block.text, isElsewhere)
          : block.text;
      })
      .join('');
    for (const number of this.#absentIn(text)) this.#tasks.add(number);
    for (const { groups } of text.matchAll(POINT)) {
      const id = groups?.['id'] ?? '';
      const task = this.#lab.tasks.find(({ points }) => points.some((point) => point.id === id));
      if (task && !this.#chosen.has(task.number)) this.#points.add(id);
    }
    return text;
  }

  /** What the tasks refer to, as sections without points; empty when they refer to nothing. */
  texts(): string[] {
    const sections = new Map<number, string>();
    // A section may refer to another one.
    for (const number of this.#tasks) sections.set(number, this.in(this.#sectionOf(number)));
    const points = this.#lab.tasks.flatMap((task) =>
      sections.has(task.number) ? [] : task.points.filter(({ id }) => this.#points.has(id)),
    );
    if (sections.size + points.length === 0) return [];
    return [
      '## For reference',
      'The tasks above refer to this. It is not a part of the assignment, and no test judges it.',
      ...(points.length > 0 ? [points.map(({ id, text }) => `- ${id}: ${text}`).join('\n')] : []),
      ...[...sections.values()].map((section) =>
        section
          .replace(/^## /u, '### ')
          .replaceAll(/^- \*\*(\d+\.\d+)\*\*/gmu, '- $1:')
          .trimEnd(),
      ),
    ];
  }

  #sectionOf(number: number): string {
    const sections = this.#ticket.split(/^(?=## )/mu);
    return sections.find((section) => section.startsWith(`## Task ${number}:`)) ?? '';
  }

  #absentIn(text: string): number[] {
    const named = [...text.matchAll(TASKS)].flatMap(({ groups }) =>
      numbersIn(groups?.['numbers'] ?? ''),
    );
    return named.filter((number) => {
      return !this.#chosen.has(number) && this.#lab.tasks.some((task) => task.number === number);
    });
  }
}

/** `1, 3 to 5` are 1, 3, 4 and 5. */
function numbersIn(text: string): number[] {
  const [first = 0, last = first] = (/(\d+)\s+to\s+(\d+)/u.exec(text)?.slice(1) ?? []).map(Number);
  const range = first === 0 ? [] : Array.from({ length: last - first + 1 }, (_, at) => first + at);
  return [...new Set([...(text.match(/\d+/gu) ?? []).map(Number), ...range])];
}
