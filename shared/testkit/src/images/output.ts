import { spawn } from 'node:child_process';
import type { EngineClient } from '@backend-labs/stack';

/** Both streams of a command, in the order in which they came, and its exit code. */
export async function output(
  { file, args, env }: EngineClient,
  words: readonly string[],
  timeoutMs: number,
): Promise<{ readonly code: number; readonly text: string }> {
  const child = spawn(file, [...args, ...words], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
  });
  const parts: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (part: Buffer) => parts.push(part));
  const code = await new Promise<number>((done, fail) => {
    child.once('error', fail);
    child.once('close', (exit) => done(exit ?? 1));
  });
  return { code, text: Buffer.concat(parts).toString('utf8') };
}
