import SwaggerParser from '@apidevtools/swagger-parser';
import { type Document, demandsOf, guaranteesOf, implied } from './contract-facts.ts';
import { unfolded } from './contract-unfold.ts';

// npm run contract -- old.json new.json
const files = process.argv.slice(2);
try {
  if (files.length !== 2) throw new Error('usage: npm run contract -- old.json new.json');
  const [before = {}, after = {}] = await Promise.all(files.map(read));
  const broken = [...brokenBy(before, after)];
  for (const line of broken) console.log(line);
  process.exitCode = broken.length > 0 ? 1 : 0;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}

/** The service may not demand more of its clients than it did, nor guarantee them less. */
function* brokenBy(before: Document, after: Document): Generator<string> {
  const [demandedNow, guaranteedNow] = [demandsOf(after), guaranteesOf(after)];
  const demanded = demandsOf(before);
  for (const [operation, guarantees] of guaranteesOf(before)) {
    const old = demanded.get(operation) ?? [];
    const known = new Set(old.map(({ about }) => about));
    for (const fact of demandedNow.get(operation) ?? []) {
      // What is new and may be left out demands nothing of who leaves it out.
      const news = known.has(fact.about) || fact.rule === 'must be there';
      if (news && !implied(fact, old))
        yield `${operation}: ${fact.about} ${fact.rule} ${fact.value} now`;
    }
    for (const fact of guarantees) {
      const kept = implied(fact, guaranteedNow.get(operation) ?? []);
      if (!kept) yield `${operation}: ${fact.about} ${fact.rule} ${fact.value} no longer`;
    }
  }
}

async function read(file: string): Promise<Document> {
  const document = await SwaggerParser.validate(file, { dereference: { circular: 'ignore' } });
  return unfolded(document as Document);
}
