import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launch, type LaunchOptions } from '../../src/launch.ts';
import type { Program } from '../../src/program.ts';
import { runScript, type RunScriptOptions, type ScriptResult } from '../../src/script.ts';

/** A candidate's folder with one program, `main.mjs`, started by `start`; runs in a sandbox. */
export class Candidate implements Disposable {
  readonly target = mkdtempSync(join(tmpdir(), 'candidate-'));

  constructor(code: string, start = 'node main.mjs') {
    chmodSync(this.target, 0o755);
    writeFileSync(join(this.target, 'main.mjs'), code);
    writeFileSync(join(this.target, 'package.json'), JSON.stringify({ scripts: { start } }));
  }

  get run() {
    return { target: this.target, sandbox: { readable: [] } };
  }

  start(options?: Pick<LaunchOptions, 'env' | 'output'>): Promise<Program> {
    return launch({ run: this.run, script: 'start', ...options });
  }

  finish(options?: Pick<RunScriptOptions, 'env' | 'within'>): Promise<ScriptResult> {
    return runScript({ run: this.run, script: 'start', ...options });
  }

  [Symbol.dispose](): void {
    rmSync(this.target, { recursive: true, force: true });
  }
}
