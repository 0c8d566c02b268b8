import { recordHint, recordVerdicts } from '../../src/progress.ts';

/** Adds, one by one and as fast as it can: arguments are the state folder, a task, how often. */
const [stateDir = '', task = '', times] = process.argv.slice(2);
for (let n = 0; n < Number(times); n += 1) {
  await recordVerdicts(stateDir, '01-query-plans', [{ task, verdict: 'failed', points: {} }]);
  await recordHint(stateDir, '01-query-plans', task, 3);
}
