import type { Lab, Task } from '@backend-labs/catalog';
import type { OnRunEvent, TaskVerdict } from '@backend-labs/protocol';
import type { OpenedStack } from '@backend-labs/stack';
import type { Cell, CellEvent, Session } from './session.ts';
import { unrun } from './verdict.ts';

/**
 * Judges tasks against a row, and before them the tasks that they need: one that cannot be judged
 * yet says what it waits for.
 *
 * @param onEvent called as it happens, but `task ended` in the order of the tasks: a verdict that
 *   was reached early is held back.
 * @returns verdicts, needed tasks included, in the order of the tasks.
 */
export async function judge(
  session: Pick<Session, 'run'>,
  stack: Pick<OpenedStack, 'missing'>,
  lab: Lab,
  row: string,
  tasks: readonly Task[],
  onEvent: OnRunEvent = () => {},
): Promise<TaskVerdict[]> {
  const wanted = withNeeds(lab, tasks);
  const done = new Map<number, TaskVerdict>();
  let reported = 0;
  const settle = (verdict: TaskVerdict) => {
    done.set(verdict.task, verdict);
    for (let next; (next = done.get(wanted[reported]?.number ?? 0)); reported += 1) {
      onEvent({ type: 'task ended', verdict: next });
    }
  };
  const onCell = (event: CellEvent) => {
    if (event.type === 'ended') settle(event.verdict);
    else for (const each of runEvents(event)) onEvent(each);
  };
  for (const wave of waves(wanted)) {
    const cells: Cell[] = [];
    for (const task of wave) {
      const verdict = withheld(task, stack, done);
      if (verdict) settle(verdict);
      else cells.push({ row, task });
    }
    await session.run(cells, onCell);
  }
  return wanted.flatMap(({ number }) => done.get(number) ?? []);
}

function runEvents(event: Exclude<CellEvent, { type: 'ended' }>): Parameters<OnRunEvent>[0][] {
  const task = event.task.number;
  if (event.type === 'started') return [{ type: 'task started', task }];
  if (event.type === 'decided') return [{ type: 'task decided', verdict: event.verdict }];
  return [
    { type: 'test ended', task, test: event.test },
    ...event.points.map((point) => ({ type: 'point judged', task, point }) as const),
  ];
}

/** Tasks in groups, each after all that it needs. */
function waves(tasks: readonly Task[]): Task[][] {
  const depths = new Map<number, number>();
  for (const { number, needs } of tasks) {
    depths.set(number, Math.max(0, ...needs.map((need) => (depths.get(need) ?? 0) + 1)));
  }
  return Object.values(Object.groupBy(tasks, ({ number }) => depths.get(number) ?? 0)).filter(
    (wave) => wave !== undefined,
  );
}

/** The tasks asked for and all they need, in order. */
function withNeeds(lab: Lab, tasks: readonly Task[]): Task[] {
  const wanted = new Set(tasks.map(({ number }) => number));
  for (const task of lab.tasks.toReversed()) {
    if (wanted.has(task.number)) for (const need of task.needs) wanted.add(need);
  }
  return lab.tasks.filter(({ number }) => wanted.has(number));
}

/** The verdict on a task that cannot be judged now. */
function withheld(
  task: Task,
  stack: Pick<OpenedStack, 'missing'>,
  done: ReadonlyMap<number, TaskVerdict>,
): TaskVerdict | undefined {
  for (const { server, code, message, fix } of stack.missing) {
    if (!task.servers.includes(server)) continue;
    const trouble = { status: 'error', message, fix } as const;
    return unrun(task, code === 'SERVER_ABSENT' ? 'not run' : 'error', { trouble });
  }
  const need = task.needs.find((number) => done.get(number)?.status !== 'passed');
  if (need === undefined) return undefined;
  const status = done.get(need)?.status === 'not run' ? 'not run' : 'waiting';
  return unrun(task, status, { waitsFor: need });
}
