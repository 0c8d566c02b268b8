/** `a, b and c`. */
export function listed(parts: readonly (number | string)[]): string {
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
}

/** `task 2`, or `tasks 2 and 3`. */
export function namedTasks(tasks: readonly number[]): string {
  return `${tasks.length === 1 ? 'task' : 'tasks'} ${listed(tasks)}`;
}
