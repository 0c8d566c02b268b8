import { CANDIDATE_COMMANDS } from '@backend-labs/grader';
import { expect, test } from 'vitest';
import { COMMANDS, forCandidates } from '../src/commands.ts';

test('a take-home has the code of each command that it lists', () => {
  expect(Object.keys(forCandidates(COMMANDS))).toEqual([...CANDIDATE_COMMANDS]);
});
