import { expect, explain, lesson } from '@backend-labs/testkit';

/** Asserts that a line is what a machine expects of it. */
export async function readLine(line: string, service: string): Promise<void> {
  await explain(
    () => {
      const found = parsed(line);
      const msg = found?.['msg'];
      const what = `of ${typeof msg === 'string' ? `"${msg.slice(0, 40)}"` : line.slice(0, 40)}`;
      expect(typeof found?.['level'], `type of level ${what}`).toBe('number');
      expect(typeof found?.['time'], `type of time ${what}`).toBe('number');
      expect(typeof msg, `type of msg ${what}`).toBe('string');
      expect(found?.['service'], `service ${what}`).toBe(service);
    },
    () => {
      if (parsed(line) !== undefined) return;
      lesson('lines-for-people', {
        observed: `This line of ${service} is not JSON: ${line.slice(0, 100)}`,
        meaning:
          'A log pipeline splits at line ends and parses each line alone. Text, and objects that are printed over several lines, arrive as pieces that no query can put together.',
        lookAt: 'everything that writes to stdout without the logger.',
      });
    },
  );
}

function parsed(line: string): Record<string, unknown> | undefined {
  try {
    const found: unknown = JSON.parse(line);
    return typeof found === 'object' && found !== null
      ? (found as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
