import type { IncomingHttpHeaders } from 'node:http';
import { lesson } from '@backend-labs/testkit';
import { httpDate, structuredDate } from './headers.ts';

/** When v1 is deprecated and when it ends, as its service has them in its environment. */
export interface Plan {
  readonly deprecatedAt: Date;
  readonly sunsetAt: Date;
}

/** Throws a lesson when the headers of v1 show how its dates were mistaken. */
export function diagnoseDates(
  { deprecation, sunset }: IncomingHttpHeaders,
  { deprecatedAt, sunsetAt }: Plan,
): void {
  const observed = `V1_DEPRECATED_AT is ${deprecatedAt.toISOString()} and V1_SUNSET_AT is ${sunsetAt.toISOString()}. v1 says Deprecation: ${String(deprecation ?? '(no such header)')} and Sunset: ${String(sunset ?? '(no such header)')}.`;
  if (deprecation === undefined && sunset !== undefined) {
    lesson('sunset-only', {
      observed,
      meaning:
        'Sunset says when a resource will be gone, and says nothing of today. That something better is there, and that nobody should begin with this one, is what Deprecation says; tools warn about that one.',
      lookAt: 'RFC 9745, section 4: how the two stand to each other.',
    });
  }
  const iso = [deprecation, sunset].filter(
    (value) => typeof value === 'string' && /^\d{4}-\d{2}-\d{2}/u.test(value),
  );
  if (iso.length > 0) {
    lesson('iso-dates', {
      observed,
      meaning:
        'ISO 8601 is what JSON has, and no header of HTTP. A parser of either field reads neither of these, and treats the field as absent.',
      lookAt:
        'the grammar of each field in its own RFC; the two are six years and one fashion apart.',
    });
  }
  const seconds = structuredDate(deprecation)?.getTime();
  if (seconds === deprecatedAt.getTime() * 1000) {
    lesson('epoch-mixup', {
      observed,
      meaning: `The number behind the @ counts seconds. Date.now() and getTime() count milliseconds: read as the RFC says, this version is deprecated from the year ${((deprecatedAt.getTime() / 31_556_952_000) * 1000 + 1970).toFixed(0)} on.`,
      lookAt: 'the unit of a date in Structured Fields.',
    });
  }
  if (httpDate(deprecation) !== undefined || structuredDate(sunset) !== undefined) {
    lesson('grammar-mixup', {
      observed,
      meaning:
        'Sunset was written when HTTP dates were the custom, Deprecation after Structured Fields had come. So they write the same kind of thing in two ways, and a parser of one cannot read the other.',
      lookAt: 'the grammar of each field in its own RFC.',
    });
  }
}
