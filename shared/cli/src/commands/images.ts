import { callEngine, engineClient, openStack } from '@backend-labs/stack';
import type { Run } from '../command.ts';
import { EXIT, sentence, UsageError } from '../errors.ts';
import { Waiting } from '../ui/progress-line.ts';

/** `labs images prepare`: an engine, and the images that the labs' Dockerfiles begin from. */
export const run: Run = async (args, { root, stateDir }) => {
  const [action] = args.positionals;
  if (action !== 'prepare') throw new UsageError(`Unknown action "${action}". Use prepare.`);
  using waiting = new Waiting('Preparing images');
  const said: string[] = [];
  const onProgress = (line: string): void => {
    said.push(line);
    waiting.say(line);
  };
  const { servers, missing } = await openStack(['images'], { root, stateDir, onProgress });
  waiting[Symbol.dispose]();
  for (const { message, fix } of missing)
    process.stderr.write(`labs: ${sentence(message)} ${sentence(fix)}\n`);
  const server = servers['images'];
  if (server === undefined) return EXIT.machine;
  for (const line of said) console.log(sentence(line));
  const standIns = await listStandIns(server.url);
  console.log(
    standIns.length === 0
      ? 'Builds fetch their base images from the registry; there is nothing to prepare.'
      : `These tags name local stand-ins, not the official images:\n  ${standIns.join('\n  ')}`,
  );
  return EXIT.green;
};

async function listStandIns(url: string): Promise<string[]> {
  const client = await engineClient(url);
  const name = client.kind === 'buildah' ? '{{.Name}}' : '{{.Repository}}';
  const format = `${name}:{{.Tag}}`;
  const filter = ['--filter', 'label=backend-labs.stand-in'];
  const listed = await callEngine(client, ['images', ...filter, '--format', format]);
  return listed.split('\n').filter((line) => /^\S*(?:node|debian|postgres):/u.test(line));
}
