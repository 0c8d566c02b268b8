/**
 * The formats that have no schema of their own to install, as their documentation describes them.
 * Written from it, not copied.
 */

/** https://gradescope-autograders.readthedocs.io/en/latest/specs/#output-format */
export const GRADESCOPE = {
  type: 'object',
  additionalProperties: false,
  anyOf: [{ required: ['score'] }, { required: ['tests'] }],
  properties: {
    score: { type: 'number' },
    execution_time: { type: 'number' },
    output: { type: 'string' },
    visibility: { $ref: '#/$defs/visibility' },
    stdout_visibility: { $ref: '#/$defs/visibility' },
    extra_data: { type: 'object' },
    leaderboard: { type: 'array' },
    tests: {
      type: 'array',
      items: {
        type: 'object',
        additionalProperties: false,
        properties: {
          score: { type: 'number' },
          max_score: { type: 'number' },
          name: { type: 'string' },
          number: { type: 'string' },
          output: { type: 'string' },
          tags: { type: 'array', items: { type: 'string' } },
          visibility: { $ref: '#/$defs/visibility' },
          extra_data: { type: 'object' },
        },
      },
    },
  },
  $defs: { visibility: { enum: ['hidden', 'after_due_date', 'after_published', 'visible'] } },
} as const;

/** https://prairielearn.readthedocs.io/en/latest/externalGrading/#grading-results */
export const PRAIRIELEARN = {
  type: 'object',
  properties: {
    gradable: { type: 'boolean' },
    score: { type: 'number', minimum: 0, maximum: 1 },
    message: { type: 'string' },
    output: { type: 'string' },
    format_errors: {
      anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }],
    },
    tests: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          name: { type: 'string' },
          description: { type: 'string' },
          points: { type: 'number' },
          max_points: { type: 'number' },
          message: { type: 'string' },
          output: { type: 'string' },
        },
      },
    },
  },
  if: { properties: { gradable: { const: false } }, required: ['gradable'] },
  else: { required: ['score'] },
} as const;

/** https://github.com/foundation50/classroom50/wiki/Advanced-Autograding#the-resultjson-contract */
export const CLASSROOM50 = {
  type: 'object',
  additionalProperties: false,
  required: [
    'schema',
    'classroom',
    'assignment',
    'assignment_type',
    'owner',
    'submission',
    'commit',
    'release',
    'review',
    'datetime',
    'score',
    'max-score',
    'tests',
  ],
  properties: {
    schema: { const: 'classroom50/result/v1' },
    classroom: { $ref: '#/$defs/text' },
    assignment: { $ref: '#/$defs/text' },
    assignment_type: { enum: ['individual', 'group'] },
    owner: { $ref: '#/$defs/text' },
    submission: { type: 'string', pattern: '^submit/' },
    commit: { $ref: '#/$defs/text' },
    release: { $ref: '#/$defs/text' },
    review: { $ref: '#/$defs/text' },
    datetime: { $ref: '#/$defs/instant' },
    graded_at: { $ref: '#/$defs/instant' },
    score: { $ref: '#/$defs/points' },
    'max-score': { $ref: '#/$defs/points' },
    submitted_by: { type: 'object' },
    tests: {
      type: 'array',
      items: {
        type: 'object',
        required: ['test-name', 'passed', 'score', 'max-score'],
        properties: {
          'test-name': { $ref: '#/$defs/text' },
          passed: { type: 'boolean' },
          score: { $ref: '#/$defs/points' },
          'max-score': { $ref: '#/$defs/points' },
        },
      },
    },
  },
  $defs: {
    text: { type: 'string', minLength: 1 },
    points: { type: 'integer', minimum: 0 },
    instant: { type: 'string', pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ$' },
  },
} as const;
