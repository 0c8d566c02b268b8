/** Renders a picture. Resolves with the address of the result; throws when the renderer refuses. */
export type Render = (jobId: string, source: string) => Promise<string>;

/** The renderer at `url`. */
export function createRenderer(url: string): Render {
  return async (jobId, source) => {
    const response = await fetch(`${url}/render`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jobId, source }),
    });
    if (!response.ok) throw new Error(`the renderer answered ${response.status}`);
    const rendered = (await response.json()) as { url: string };
    return rendered.url;
  };
}
