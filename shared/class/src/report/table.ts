import { html, text, type Html } from '@backend-labs/grader';
import type { Assignment, ClassRecord } from '../records.ts';
import { rounded } from '../export/graded.ts';

/** Characters of a text that a student or a roster chose. */
export const LONGEST = 120;

/** Students by tasks, one table for each assignment: points of each task, and the mark. */
export function renderMarks(records: readonly ClassRecord[]): Html {
  const byAssignment = Map.groupBy(records, ({ assignment }) => assignment.id);
  return html`${[...byAssignment.values()].map((own) => {
    const assignment = own[0]?.assignment;
    return assignment && renderAssignment(assignment, own);
  })}`;
}

function renderAssignment(assignment: Assignment, records: readonly ClassRecord[]): Html {
  const tasks = new Map(
    records.flatMap(({ result }) => result?.tasks.map(({ task, title }) => [task, title]) ?? []),
  );
  const numbers = [...tasks.keys()].toSorted((a, b) => a - b);
  return html`<h3>${text(assignment.title, LONGEST)}</h3>
    <p>${assignment.lab}, due ${assignment.due}.</p>
    <table>
      <tr>
        <th>Student</th>
        ${numbers.map((task) => html`<th title="${tasks.get(task) ?? ''}">Task ${task}</th>`)}
        <th>Mark</th>
      </tr>
      ${[...records].toSorted(byMark).map((record) => renderRow(record, numbers))}
    </table>`;
}

/** The highest first; then those without a mark, by name. */
function byMark(a: ClassRecord, b: ClassRecord): number {
  const points = ({ mark }: ClassRecord) => mark?.points ?? -1;
  return points(b) - points(a) || (a.student.name < b.student.name ? -1 : 1);
}

function renderRow({ student, result, mark, state }: ClassRecord, tasks: readonly number[]): Html {
  return html`<tr>
    <td>${text(student.name, LONGEST)} <small>${text(student.id, LONGEST)}</small></td>
    ${tasks.map((number) => {
      const task = result?.tasks.find((each) => each.task === number);
      if (!task) return html`<td>–</td>`;
      const points = task.score ? `${task.score.points} of ${task.score.of}` : task.grade;
      return html`<td class="${task.grade.replace(' ', '-')}">${points}</td>`;
    })}
    ${
      mark
        ? html`<td>
            ${rounded(mark.points)} of ${rounded(mark.of)}${mark.overridden ? ', set by hand' : ''}
          </td>`
        : html`<td class="not-judged">${state}</td>`
    }
  </tr>`;
}
