import { userInfo } from 'node:os';
import { overrideMark } from '@backend-labs/class';
import { classDir } from '../../class/arguments.ts';
import type { Arguments, Run } from '../../command.ts';
import { EXIT, UsageError } from '../../errors.ts';
import { clean } from '../../ui/untrusted.ts';

export const run: Run = async (args, context) => {
  const [, assignment = '', student = ''] = args.positionals;
  const set = args.on('remove') ? undefined : wished(args);
  const { mark } = await overrideMark({
    dir: classDir(args, context),
    assignment,
    student,
    ...(set && { set }),
  });
  const shown = mark ? `${mark.points} of ${mark.of} points` : 'no mark';
  console.log(
    clean(`${assignment}  ${student}: ${shown}${mark?.overridden ? ', set by hand' : ''}`),
  );
  return EXIT.green;
};

function wished(args: Arguments): { points: number; why: string; by: string } {
  const [points, why] = [args.text('points'), args.text('why')];
  if (points === undefined) throw new UsageError('Name the points that count: --points N.');
  if (why === undefined) throw new UsageError('Say why: --why TEXT.');
  const value = Number(points);
  if (points.trim() === '' || !Number.isFinite(value)) {
    throw new UsageError(`--points takes a number, not "${points}".`);
  }
  return { points: value, why, by: args.text('by') ?? userInfo().username };
}
