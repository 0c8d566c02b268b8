import type { Json } from '../json.ts';
import type { Change } from './change.ts';
import { components } from './components.ts';

/** Two documents that differ by some changes, each in an operation of its own. */
export function documents(changes: readonly Change[]): Record<'old' | 'new', Json> {
  return { old: documentOf('old', changes), new: documentOf('new', changes) };
}

function documentOf(side: 'old' | 'new', changes: readonly Change[]): Json {
  const paths: Record<string, Json> = {};
  for (const { operation, shared, newPath, ...sides } of changes) {
    const [method = '', path = ''] = operation.split(' ');
    const described = sides[side];
    if (!described) continue;
    const at = side === 'new' ? (newPath ?? path) : path;
    paths[at] = { ...paths[at], ...shared?.[side], [method.toLowerCase()]: described };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Parcels', version: side === 'old' ? '1.0.0' : '1.1.0' },
    paths,
    components: components(side),
  };
}
