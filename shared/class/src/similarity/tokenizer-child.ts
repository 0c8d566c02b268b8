import { tokensOf } from './tokens.ts';

process.on('message', ({ path, text }: { path: string; text: string }) => {
  process.send?.(tokensOf(path, text));
});
