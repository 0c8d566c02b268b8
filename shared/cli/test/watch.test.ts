import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { Labs, outcomeOf } from './support/labs.ts';

/** A terminal with `labs watch` on it. */
class Terminal {
  readonly #child: ReturnType<Labs['startOnTerminal']>;
  readonly ended: ReturnType<typeof outcomeOf>;
  #shown = '';

  constructor(labs: Labs) {
    this.#child = labs.startOnTerminal('watch', '0');
    this.#child.stdout?.on('data', (chunk: Buffer) => (this.#shown += chunk.toString()));
    this.ended = outcomeOf(this.#child);
    onTestFinished(() => void this.#child.kill());
  }

  /** Waits for what it shows after the last key. */
  async shows(text: string): Promise<void> {
    await vi.waitUntil(() => this.#shown.includes(text), { timeout: 60_000, interval: 50 });
  }

  press(key: string): void {
    this.#shown = '';
    this.#child.stdin?.write(key);
  }
}

/** Lets a service start only while there is no such file. */
function waitAt(gate: string, server: string): void {
  const look = `import { existsSync } from 'node:fs';
    import { setTimeout as sleep } from 'node:timers/promises';
    while (existsSync('${gate}')) await sleep(20);`;
  writeFileSync(server, `${look}\n${readFileSync(server, 'utf8')}`);
}

// `script` gives the terminal; its flags differ elsewhere.
test.runIf(process.platform === 'linux')(
  'a key opens any task while one is red, and nothing is drawn after Ctrl-C',
  async () => {
    using labs = await Labs.onPostgres();
    await labs.run('reset', '0');
    const gate = join(labs.home, 'gate');
    waitAt(gate, join(labs.work, '00-first-ticket/src/server.ts'));
    const terminal = new Terminal(labs);
    await terminal.shows('✗ 1  ');
    terminal.press('n');
    await terminal.shows(
      'The next task opens when this one is green. A number opens that task now.',
    );
    writeFileSync(gate, '');
    terminal.press('3');
    await terminal.shows('Task 3 of');
    await terminal.shows('running');
    terminal.press('\u0003');
    await terminal.shows('Stopping …');
    rmSync(gate);
    const { exit, out } = await terminal.ended;
    expect(exit).toBe(0);
    expect(out.split('Stopping …')[1]).not.toContain('Task 3 of');
  },
);
