import { cpSync, existsSync, mkdirSync } from 'node:fs';
import fs, { type FileHandle } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';

/**
 * Preloaded into a child process. Before each change of the file system it copies `work` and
 * `.labs` of `STEPS_OF` to `STEPS_TO/<number>`: what is left when the process is killed there. A
 * write of a text counts half done too. At the step `KILL_AT`, when given, it does kill the process.
 */
const { STEPS_OF: watched = '', STEPS_TO: snapshots = '', KILL_AT: killAt } = process.env;
let step = 0;

function takeStep() {
  step += 1;
  if (snapshots) {
    for (const folder of ['work', '.labs']) {
      const from = join(watched, folder);
      const to = join(snapshots, String(step), folder);
      mkdirSync(join(snapshots, String(step)), { recursive: true });
      if (existsSync(from)) cpSync(from, to, { recursive: true, verbatimSymlinks: true });
    }
  }
  if (String(step) === killAt) process.kill(process.pid, 'SIGKILL');
}

for (const name of ['chmod', 'copyFile', 'mkdir', 'rename', 'rm', 'rmdir', 'symlink'] as const) {
  const change = fs[name];
  Object.assign(fs, {
    [name]: (...args: unknown[]): unknown => {
      takeStep();
      return Reflect.apply(change, fs, args);
    },
  });
}

const { open } = fs;
Object.assign(fs, {
  open: async (...args: Parameters<typeof open>): Promise<FileHandle> => {
    takeStep();
    const file = await open(...args);
    const write = file.writeFile.bind(file);
    file.writeFile = async (data) => {
      takeStep();
      if (typeof data !== 'string') return write(data);
      await write(data.slice(0, data.length / 2));
      takeStep();
      await write(data.slice(data.length / 2));
    };
    return file;
  },
});
syncBuiltinESMExports();
