import { readDocument } from './document.ts';
import { brokenPromises } from './promises.ts';

// npm run contract -- old.json new.json
const files = process.argv.slice(2);
try {
  const [before, after, ...more] = await Promise.all(files.map(readDocument));
  if (!before || !after || more.length > 0)
    throw new Error('usage: npm run contract -- old.json new.json');
  const broken = [...brokenPromises(before.operations, after.operations)];
  for (const line of broken) console.log(line);
  process.exitCode = broken.length > 0 ? 1 : 0;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
