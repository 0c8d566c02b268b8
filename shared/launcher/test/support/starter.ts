import { launch } from '../../src/index.ts';

// Stands for one of our commands: launches a script of a folder, shows what it writes, and waits.
const [target = '', script = ''] = process.argv.slice(2);
const program = await launch({ run: { target }, script, output: process });
await program.exited;
