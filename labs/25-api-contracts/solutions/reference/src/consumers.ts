import { readContract } from './consumer-contract.ts';
import { replay } from './replay.ts';

// npm run consumers -- clients/label-printer.json [another.json …]
const [provider, files] = [process.env['PROVIDER_URL'], process.argv.slice(2)];
try {
  if (!provider) throw new Error('PROVIDER_URL is not set');
  if (files.length === 0) throw new Error('usage: npm run consumers -- contract.json …');
  const contracts = await Promise.all(files.map(readContract));
  for (const { consumer, interactions } of contracts) {
    for (const interaction of interactions) {
      const faults = await replay(provider, interaction);
      const name = `${consumer}: ${interaction.description}`;
      console.log(faults.length === 0 ? `ok ${name}` : `failed ${name}: ${faults.join('; ')}`);
      if (faults.length > 0) process.exitCode = 1;
    }
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
