import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

// npm run contract -- old.json new.json
const [before, after] = process.argv.slice(2).map(read);
if (!before || !after) throw new Error('usage: npm run contract -- old.json new.json');
for (const [path, item] of Object.entries(before.paths)) {
  for (const [method, operation] of Object.entries(item)) {
    if (isDeepStrictEqual(operation, after.paths[path]?.[method])) continue;
    console.log(`${method.toUpperCase()} ${path}: differs`);
    process.exitCode = 1;
  }
}

function read(file: string): Document {
  return JSON.parse(readFileSync(file, 'utf8')) as Document;
}
