import { UsageError } from '../../errors.ts';
import type { Run } from '../../command.ts';

export const run: Run = async () => {
  throw new UsageError('labs class collect is not there yet.');
};
