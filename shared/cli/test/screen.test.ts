import { afterEach, expect, test, vi } from 'vitest';
import { Screen } from '../src/watch/screen.ts';

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

/** What a terminal of this kind gets when a view is drawn three times, twice the same. */
function drawn(term: string): string {
  vi.stubEnv('TERM', term);
  let written = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    written += String(text);
    return true;
  });
  using screen = new Screen();
  for (const view of ['first', 'second', 'second']) screen.show(() => view);
  vi.restoreAllMocks();
  return written;
}

test('the scrollback keeps the lines that the terminal showed before', () => {
  const written = drawn('xterm-256color');
  expect(written).not.toContain('\x1b[3J');
  expect(written.indexOf('\n')).toBeLessThan(written.indexOf('\x1b'));
  expect(written).toContain('second');
});

test('a terminal without escapes gets each view once, and no escape', () => {
  expect(drawn('dumb')).toBe('\nfirst\n\nsecond\n');
});
