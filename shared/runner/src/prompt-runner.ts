import { type RunnerTask, TestRunner, type VitestTestRunner } from 'vitest';

/**
 * Runs the tests of a file as vitest does, and reports each one when it has ended: vitest gathers
 * reports for up to 100 ms.
 */
export default class PromptRunner extends TestRunner {
  declare readonly onTaskUpdate?: VitestTestRunner['onTaskUpdate'];

  override onAfterRunTask(task: RunnerTask): void {
    super.onAfterRunTask(task);
    // It comes again with vitest's own report.
    void this.onTaskUpdate?.(
      [[task.id, task.result, task.meta]],
      [[task.id, 'test-finished', undefined]],
    );
  }
}
