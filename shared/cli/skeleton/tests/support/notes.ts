import type { PostgresProbe, StartedService } from '@backend-labs/testkit';

interface Found {
  readonly items: readonly { readonly id: string; readonly text: string }[];
}

/** Keeps notes in this order: the last one is the newest. */
export async function keep(postgres: PostgresProbe, texts: readonly string[]): Promise<void> {
  await postgres.query('INSERT INTO notes (text) SELECT * FROM unnest($1::text[])', [texts]);
}

/** The texts that a search finds, in its order. */
export async function search(
  service: StartedService,
  parameters: { readonly q: string; readonly limit?: string },
): Promise<string[]> {
  const query = new URLSearchParams(parameters).toString();
  const answer = await service.get<Found>(`/v1/notes?${query}`);
  return answer.expect(200).body.items.map(({ text }) => text);
}
