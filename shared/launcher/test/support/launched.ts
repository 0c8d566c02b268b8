import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { launch } from '../../src/index.ts';

// Runs `start` of a folder in a sandbox, says which sandbox is there for the next program, and ends.
const [target = ''] = process.argv.slice(2);
await using program = await launch({ run: { target, sandbox: { readable: [] } }, script: 'start' });
await program.exited;
for (;;) {
  const pid = spare();
  if (pid !== undefined) {
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    const dirs = words.filter((word) => word.includes('labs-box-'));
    console.log(JSON.stringify({ pid, dirs }));
    break;
  }
  await sleep(10);
}

function spare(): number | undefined {
  const args = ['-o', 'pid=', '-o', 'comm=', '--ppid', `${process.pid}`];
  const all = execFileSync('ps', args, { encoding: 'utf8' });
  const pid = /^ *(?<pid>\d+) bwrap/mu.exec(all)?.groups?.['pid'];
  return pid === undefined ? undefined : Number(pid);
}
