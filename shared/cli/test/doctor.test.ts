import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Labs } from './support/labs.ts';

interface Found {
  readonly subject: string;
  readonly sound: boolean;
  readonly says: string;
  readonly fix?: string;
}

/** Nothing of it works: no server can be found, started or installed. */
const BROKEN = {
  LABS_POSTGRES_URL: 'postgres://postgres:x@127.0.0.1:9/postgres',
  LABS_REDIS_URL: 'redis://127.0.0.1:9',
  LABS_RABBITMQ_URL: 'amqp://127.0.0.1:9',
  LABS_KAFKA_BROKERS: '127.0.0.1:9',
  LABS_IMAGES_URL: 'tcp://127.0.0.1:9',
};

const SUBJECTS = [
  'node',
  'machine',
  'disk',
  'state',
  'psql',
  'postgres',
  'redis',
  'rabbitmq',
  'kafka',
  'images',
];

async function findings(labs: Labs): Promise<Found[]> {
  const { exit, out } = await labs.run('doctor', '--json');
  expect(exit).toBe(3);
  return (JSON.parse(out) as { findings: Found[] }).findings;
}

test('doctor prints its whole list when no server works, and each fix ends with a command', async () => {
  using labs = new Labs(BROKEN);
  const found = await findings(labs);
  expect(found.map(({ subject }) => subject)).toEqual(expect.arrayContaining(SUBJECTS));
  const broken = found.filter(({ fix }) => fix !== undefined);
  expect(broken.map(({ subject }) => subject)).toEqual([
    'postgres',
    'redis',
    'rabbitmq',
    'kafka',
    'images',
  ]);
  for (const { fix } of broken) expect(fix).toMatch(/`[^`]+`\.?$/u);
});

test('doctor prints its whole list when its state cannot be written', async () => {
  using labs = new Labs({ LABS_STACK: 'native' });
  writeFileSync(join(labs.home, 'state'), '');
  const found = await findings(labs);
  expect(found.map(({ subject }) => subject)).toEqual(expect.arrayContaining(SUBJECTS));
  const broken = found.filter(({ sound, fix }) => !sound && fix !== undefined);
  expect(broken.map(({ subject }) => subject)).toContain('state');
  for (const { fix } of broken) expect(fix).toMatch(/`[^`]+`\.?$/u);
});

test('doctor prints its whole list when the LABS_STACK of the shell is a mistake', async () => {
  using labs = new Labs({ LABS_STACK: 'container' });
  const found = await findings(labs);
  expect(found.map(({ subject }) => subject)).toEqual(expect.arrayContaining(SUBJECTS));
  for (const { fix } of found.filter((one) => one.fix)) expect(fix).toMatch(/`[^`]+`\.?$/u);
});
