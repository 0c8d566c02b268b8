import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Lab, Task } from './lab.ts';

/** Levels of hints a task has: a question, the mechanism, the shape. */
export const HINT_LEVELS = 3;

/**
 * The text of one hint, or undefined when the lab has none there.
 *
 * @param level from 1 to `HINT_LEVELS`.
 */
export function hintOf(lab: Lab, task: Task, level: number): string | undefined {
  const ofTask = section(page(lab, 'hints.md'), 2, (title) => numbered(title) === task.number);
  return ofTask && section(ofTask, 3, (title) => numbered(title) === level)?.trim();
}

/** What real systems do about a task: shown once it is green. */
export function debriefOf(lab: Lab, task: Task): string | undefined {
  return section(page(lab, 'DEBRIEF.md'), 2, (title) => numbered(title) === task.number)?.trim();
}

/** The ticket's section about a task. */
export function ticketOf(lab: Lab, task: Task): string | undefined {
  return taskSection(page(lab, 'README.md'), task.number)?.trim();
}

/** The lines below `## Task N: …` of a ticket. */
export function taskSection(ticket: string, task: number): string | undefined {
  return section(ticket, 2, (title) => /^task\b/i.test(title) && numbered(title) === task);
}

function page(lab: Lab, name: string): string {
  const file = join(lab.dir, name);
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

function numbered(title: string): number {
  return Number(/\d+/.exec(title)?.[0] ?? Number.NaN);
}

/** The lines below the first fitting heading of a level, up to the next heading of that level or above. */
function section(
  markdown: string,
  level: number,
  fits: (title: string) => boolean,
): string | undefined {
  const lines = markdown.split('\n');
  const start = lines.findIndex((line) => depth(line) === level && fits(line.slice(level + 1)));
  if (start < 0) return undefined;
  const length = lines.slice(start + 1).findIndex((line) => depth(line) <= level);
  return lines.slice(start + 1, length < 0 ? undefined : start + 1 + length).join('\n');
}

/** 1 to 6 for a heading; deeper than any for other lines. */
function depth(line: string): number {
  return /^(#{1,6}) /.exec(line)?.[1]?.length ?? 7;
}
