import { type Interaction, readContract } from './consumer-contract.ts';
import { schemaOf } from './expectation.ts';
import { validator } from './validator.ts';

// npm run consumers -- clients/label-printer.json [another.json …]
const provider = process.env['PROVIDER_URL'];
const files = process.argv.slice(2);

/** The first reason why the provider does not keep to an interaction. */
async function replay({
  states = [],
  request,
  response,
}: Interaction): Promise<string | undefined> {
  for (const { state, params = {} } of states) {
    const { ok } = await send('POST', '/_states', {}, { state, params });
    if (!ok) return `the state "${state}" cannot be set up`;
  }
  const { method, path, headers = {}, body } = request;
  const answer = await send(method, path, headers, body);
  const text = await answer.text();
  const given = {
    status: answer.status,
    headers: Object.fromEntries(answer.headers),
    body: parsed(text),
  };
  const [fault] = validator(schemaOf(response))(given);
  return fault && `${fault.place} ${fault.message}`;
}

function send(method: string, path: string, headers: object, body: unknown): Promise<Response> {
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  return fetch(`${provider}${path}`, {
    method,
    headers: { ...('body' in sent && { 'content-type': 'application/json' }), ...headers },
    redirect: 'manual',
    ...sent,
  });
}

/** A body that is not JSON fits no expectation. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

try {
  if (provider === undefined || files.length === 0) {
    throw new Error('usage: PROVIDER_URL=http://… npm run consumers -- contract.json …');
  }
  for (const { consumer, interactions } of await Promise.all(files.map(readContract))) {
    for (const interaction of interactions) {
      const why = await replay(interaction);
      const name = `${consumer}: ${interaction.description}`;
      console.log(why === undefined ? `ok ${name}` : `failed ${name}: ${why}`);
      if (why !== undefined) process.exitCode = 1;
    }
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
