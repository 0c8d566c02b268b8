import type { Lab, Task } from '@backend-labs/catalog';
import { ping, StackError, type OpenedStack } from '@backend-labs/stack';
import type { Cell, Session } from './session.ts';
import { unrun, type TaskResult } from './verdict.ts';

/** Told of each verdict, in the order of the tasks: one that was reached early is held back. */
export type OnVerdict = (result: TaskResult) => void;

/**
 * Judges tasks against a row, and before them the tasks that they need: one that cannot be judged
 * yet says what it waits for.
 *
 * @returns verdicts, needed tasks included, in the order of the tasks.
 */
export async function judge(
  session: Pick<Session, 'run'>,
  stack: OpenedStack,
  lab: Lab,
  row: string,
  tasks: readonly Task[],
  onVerdict: OnVerdict = () => {},
): Promise<TaskResult[]> {
  const wanted = withNeeds(lab, tasks);
  const done = new Map<number, TaskResult>();
  let told = 0;
  const settle = (result: TaskResult) => {
    done.set(result.task, result);
    for (let next; (next = done.get(wanted[told]?.number ?? 0)); told += 1) onVerdict(next);
  };
  for (const wave of waves(wanted)) {
    const cells: Cell[] = [];
    for (const task of wave) {
      const reason = withheld(task, stack, done);
      if (reason) settle(reason);
      else cells.push({ row, task });
    }
    const settling: Promise<void>[] = [];
    await session.run(cells, ({ result }) => {
      settling.push(blamed(result, stack, lab).then(settle));
    });
    await Promise.all(settling);
  }
  return wanted.flatMap(({ number }) => done.get(number) ?? []);
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

function withheld(
  task: Task,
  stack: OpenedStack,
  done: ReadonlyMap<number, TaskResult>,
): TaskResult | undefined {
  for (const { server, code, message, fix } of stack.missing) {
    if (!task.servers.includes(server)) continue;
    return unrun(task, code === 'SERVER_ABSENT' ? 'not run' : 'error', { message, fix });
  }
  const need = task.needs.find((number) => done.get(number)?.status !== 'passed');
  return need === undefined ? undefined : unrun(task, 'waiting', { waitsFor: need });
}

/** A failure while a server is down is the server's: nobody is told that they failed for that. */
async function blamed(result: TaskResult, stack: OpenedStack, lab: Lab): Promise<TaskResult> {
  if (result.status !== 'failed') return result;
  const task = lab.tasks.find(({ number }) => number === result.task);
  for (const name of task?.servers ?? []) {
    const server = stack.servers[name];
    try {
      if (server) await ping(server);
    } catch (error) {
      if (!(error instanceof StackError)) throw error;
      const { message, fix } = error;
      return {
        ...result,
        status: 'error',
        failures: [{ test: result.title, status: 'error', message, fix }],
      };
    }
  }
  return result;
}
