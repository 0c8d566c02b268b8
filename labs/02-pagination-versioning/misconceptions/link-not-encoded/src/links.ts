import type { Request, Response } from 'express';

/** Adds the link to the next page, RFC 8288: this request again with another cursor. */
export function linkNext(
  req: Pick<Request, 'originalUrl' | 'protocol' | 'host' | 'query'>,
  res: Response,
  cursor: string | null,
): void {
  if (cursor === null) return;
  const [path] = req.originalUrl.split('?');
  const query = Object.entries({ ...req.query, cursor })
    .map(([name, value]) => `${name}=${String(value)}`)
    .join('&');
  res.append('Link', `<${req.protocol}://${req.host}${path}?${query}>; rel="next"`);
}
