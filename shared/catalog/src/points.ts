import { existsSync, readFileSync } from 'node:fs';
import { CatalogError } from './errors.ts';
import { taskSection } from './pages.ts';

/** One numbered acceptance criterion of a task, as the ticket prints it. */
export interface Point {
  /** `2.3`: the task and the number within it. */
  readonly id: string;
  /** Its sentences, on one line, with their Markdown. */
  readonly text: string;
}

const POINT = /^- \*\*(?<id>\d+\.\d+)\*\*\s+(?<text>.*)$/u;

/**
 * Reads the points of a task from the ticket: `- **2.3** One requirement.` and the lines that
 * belong to that bullet.
 *
 * @param file the lab's README.md. @param shown its path as messages show it.
 * @throws CatalogError TICKET_INVALID when the numbers do not count up from `<task>.1`.
 */
export function readPoints(file: string, shown: string, task: number): Point[] {
  const ticket = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const points = pointsIn(taskSection(ticket, task) ?? '');
  for (const [index, { id }] of points.entries()) {
    const due = `${task}.${index + 1}`;
    if (id === due) continue;
    throw new CatalogError('TICKET_INVALID', `${shown}: found point ${id} where ${due} is due.`);
  }
  return points;
}

function pointsIn(section: string): Point[] {
  const points: { id: string; text: string }[] = [];
  let open: { id: string; text: string } | undefined;
  for (const line of section.split('\n')) {
    const { id, text = '' } = POINT.exec(line)?.groups ?? {};
    if (id !== undefined) points.push((open = { id, text: text.trim() }));
    else if (open && /^\s+\S/u.test(line)) open.text += ` ${line.trim()}`;
    else open = undefined;
  }
  return points;
}
