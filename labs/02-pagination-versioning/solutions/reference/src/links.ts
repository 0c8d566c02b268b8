import type { Request, Response } from 'express';

/** Adds the link to the next page, RFC 8288: this request again with another cursor. */
export function linkNext(
  req: Pick<Request, 'originalUrl' | 'protocol' | 'host'>,
  res: Response,
  cursor: string | null,
): void {
  if (cursor === null) return;
  const next = new URL(req.originalUrl, `${req.protocol}://${req.host}`);
  next.searchParams.set('cursor', cursor);
  res.append('Link', `<${next.href}>; rel="next"`);
}
