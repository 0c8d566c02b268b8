import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Whether the program in this folder depends on OpenTelemetry. `false` for an unreadable package.json. */
export function exportsTraces(dir: string): boolean {
  try {
    const found: unknown = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8'));
    const { dependencies = {} } = found as { dependencies?: object };
    return Object.keys(dependencies).some((name) => name.startsWith('@opentelemetry/sdk-'));
  } catch {
    // The launcher reports it.
    return false;
  }
}
