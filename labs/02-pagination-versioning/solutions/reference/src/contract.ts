import { breakingChanges } from './contract-changes.ts';
import { readContract } from './contract-document.ts';

// npm run contract -- old.json new.json
const [oldFile, newFile] = process.argv.slice(2);
if (oldFile === undefined || newFile === undefined) {
  console.error('usage: npm run contract -- old.json new.json');
  process.exit(2);
}
try {
  const [before, after] = [await readContract(oldFile), await readContract(newFile)];
  const changes = breakingChanges(before, after);
  for (const { operation, what } of changes) console.log(`${operation}: ${what}`);
  process.exitCode = changes.length > 0 ? 1 : 0;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
