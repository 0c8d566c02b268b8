import { classroom50 } from './classroom50.ts';
import { csv } from './csv.ts';
import { ctrf } from './ctrf.ts';
import type { Exporter } from './file.ts';
import { githubWorkflow } from './github-workflow.ts';
import { gradescope } from './gradescope.ts';
import { junit } from './junit.ts';
import { prairielearn } from './prairielearn.ts';

/** Every format of `labs class export`, by the name that a person types. */
export const EXPORT_FORMATS: Readonly<Record<string, Exporter>> = {
  csv,
  gradescope,
  prairielearn,
  classroom50,
  ctrf,
  junit,
  'github-workflow': githubWorkflow,
};
