import { differences } from './differences.ts';
import type { Interaction } from './consumer-contract.ts';

/** The reasons why the provider does not keep to an interaction. Throws if it cannot be reached. */
export async function replay(provider: string, interaction: Interaction): Promise<string[]> {
  for (const { state, params = {} } of interaction.states ?? []) {
    const { ok, status } = await post(`${provider}/_states`, { state, params });
    if (!ok) return [`the service answers ${status} to the state "${state}"`];
  }
  const { method, path, headers = {}, body } = interaction.request;
  const answer = await fetch(provider + path, {
    method,
    headers,
    body: JSON.stringify(body),
    redirect: 'manual',
  });
  return compare(interaction.response, answer.status, answer.headers, await answer.text());
}

function post(url: string, body: unknown): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  return fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
}

function compare(
  expected: Interaction['response'],
  status: number,
  headers: Headers,
  text: string,
): string[] {
  const faults = status === expected.status ? [] : [`status ${status}, not ${expected.status}`];
  for (const [name, value] of Object.entries(expected.headers ?? {})) {
    const given = headers.get(name);
    if (given !== value) faults.push(`${name} is ${given}, not ${value}`);
  }
  if (expected.body === undefined) return faults;
  return [...faults, ...differences(expected.body, parsed(text), expected.rules ?? {})];
}

/** A body that is not JSON is as no body that a client expects. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
