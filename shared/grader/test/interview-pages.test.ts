import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../../..');

const pages = globSync('labs/*/interview.md', { cwd: ROOT }).toSorted();

test.each(pages)('%s asks about lessons, points and tasks that its lab has', (page) => {
  const dir = join(ROOT, dirname(page));
  const ticket = readFileSync(join(dir, 'README.md'), 'utf8');
  const points = [...ticket.matchAll(/\*\*(\d+\.\d+)\*\*/gu)].flatMap(([, point]) => point ?? []);
  const lessons = globSync('tests/**/*.ts', { cwd: dir }).flatMap((path) =>
    [...readFileSync(join(dir, path), 'utf8').matchAll(/'([a-z0-9-]+)'/gu)].map(([, id]) => id),
  );
  const known = new Set([...points, ...points.map((point) => point.split('.')[0]), ...lessons]);
  const named = [
    ...readFileSync(join(ROOT, page), 'utf8').matchAll(/^- \((?<about>[^)]+)\) /gmu),
  ].flatMap(({ groups }) => (groups?.['about'] ?? '').split(',').map((name) => name.trim()));
  expect(named.length).toBeGreaterThan(10);
  expect(named.filter((name) => !known.has(name))).toEqual([]);
});
