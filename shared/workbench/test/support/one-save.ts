// one-save.ts DIR: watches, changes a file, and ends when that counts as a save.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onSave } from '../../src/saves.ts';

const [dir = ''] = process.argv.slice(2);
const { promise, resolve } = Promise.withResolvers<void>();
await using _saves = await onSave(dir, resolve);
console.log('watching');
writeFileSync(join(dir, 'app.ts'), 'two');
await promise;
console.log('saved');
