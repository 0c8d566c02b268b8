import { breakingChanges } from './breaking-changes.ts';
import { readDocument } from './document.ts';

// npm run contract -- old.json new.json
try {
  const [oldFile, newFile, ...more] = process.argv.slice(2);
  if (oldFile === undefined || newFile === undefined || more.length > 0) {
    throw new Error('usage: npm run contract -- old.json new.json');
  }
  const [before, after] = [await readDocument(oldFile), await readDocument(newFile)];
  const changes = [...breakingChanges(before.operations, after.operations)];
  for (const { operation, what } of changes) console.log(`${operation}: ${what}`);
  process.exitCode = changes.length > 0 ? 1 : 0;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
