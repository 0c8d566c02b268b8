import { ticketOf, type Lab, type Task } from '@backend-labs/catalog';
import { paint } from './style.ts';

/** The ticket's section about one task, under the lab's name. */
export function renderTicket(lab: Lab, task: Task): string {
  const head = paint('bold', `${lab.id}: ${lab.title}`);
  const place = paint('bold', `Task ${task.number} of ${lab.tasks.length}: ${task.title}`);
  const text = ticketOf(lab, task) ?? '';
  return `${head}\n${place}\n\n${text}\n`;
}
