import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RequestHandler } from 'express';

const FILE = join(import.meta.dirname, '../openapi.json');

/** `GET /openapi.json`: the document, as it is in the repository. */
export function openapi(): RequestHandler {
  const document: unknown = JSON.parse(readFileSync(FILE, 'utf8'));
  return (_req, res) => {
    res.json(document);
  };
}
