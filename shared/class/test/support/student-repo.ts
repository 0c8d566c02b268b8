import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ANSWERS, type Points, TOY, type ToyClass } from './toy.ts';

/** A student's git repository, whose commits have dates that the test chooses. */
export class StudentRepo {
  readonly dir: string;

  constructor(toy: ToyClass, student: string) {
    this.dir = toy.path('repos', student);
    mkdirSync(this.dir, { recursive: true });
    this.git(['init', '--quiet', '--initial-branch=main']);
    this.#work = () =>
      cpSync(toy.path('course/packs', TOY, 'work'), join(this.dir, 'work'), { recursive: true });
  }

  readonly #work: () => void;

  /** @param at ISO 8601. @returns its id. */
  commit(at: string, points: Points): string {
    this.#work();
    writeFileSync(join(this.dir, 'work', TOY, 'src/answer.ts'), ANSWERS[points]);
    this.git(['add', '--all']);
    this.git(['commit', '--quiet', '--allow-empty', '-m', `at ${at}`], at);
    return this.git(['rev-parse', 'HEAD']).trim();
  }

  git(args: readonly string[], at = '2026-01-01T00:00:00Z'): string {
    const author = ['-c', 'user.name=S', '-c', 'user.email=s@example.invalid'];
    return execFileSync('git', [...author, ...args], {
      cwd: this.dir,
      encoding: 'utf8',
      env: { ...process.env, GIT_AUTHOR_DATE: at, GIT_COMMITTER_DATE: at },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }
}
