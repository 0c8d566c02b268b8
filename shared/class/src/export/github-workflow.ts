import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Exporter } from './file.ts';

/**
 * A workflow for the course's own repository, which grades one student's repository. It is the same
 * for every class.
 *
 * @see https://docs.github.com/actions/reference/security/secure-use pinned actions, least permissions
 */
export const githubWorkflow: Exporter = () => ({
  files: [
    {
      path: '.github/workflows/grade.yml',
      text: readFileSync(join(import.meta.dirname, 'grade-workflow.yml'), 'utf8'),
    },
  ],
  left: [],
});
