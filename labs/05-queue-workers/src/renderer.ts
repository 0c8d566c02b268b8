import { serviceUrl } from './env.ts';

const RENDERER = serviceUrl('RENDERER_URL', 'http://127.0.0.1:9000');

/** Renders a picture. Resolves with the address of the result; throws when the renderer refuses. */
export async function render(jobId: string, source: string): Promise<string> {
  const response = await fetch(`${RENDERER}/render`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jobId, source }),
  });
  if (!response.ok) throw new Error(`the renderer answered ${response.status}`);
  const { url } = (await response.json()) as { url: string };
  return url;
}
