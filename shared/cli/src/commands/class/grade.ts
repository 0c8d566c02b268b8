import { gradeCommand } from '../../class/grade.ts';
import type { Run } from '../../command.ts';

export const run: Run = (args, context) => gradeCommand(args, context, false);
