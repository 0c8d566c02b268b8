import { spawn } from 'node:child_process';

// A program that starts another, and neither ends by itself.
const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], { stdio: 'ignore' });
console.log(JSON.stringify([process.pid, child.pid]));
setInterval(() => {}, 1e6);
