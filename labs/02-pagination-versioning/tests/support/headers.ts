const IMF_FIXDATE =
  /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d{2}:\d{2}:\d{2} GMT$/u;

/** An HTTP date in its preferred form, RFC 9110, section 5.6.7; undefined when it is none. */
export function httpDate(value: unknown): Date | undefined {
  if (typeof value !== 'string' || !IMF_FIXDATE.test(value)) return undefined;
  const date = new Date(value);
  // Also refuses a weekday that is not the day's.
  return date.toUTCString() === value ? date : undefined;
}

/** A date of Structured Fields, RFC 9651, section 3.3.7: `@` and whole seconds. */
export function structuredDate(value: unknown): Date | undefined {
  if (typeof value !== 'string') return undefined;
  const [, seconds] = /^@(-?\d{1,15})$/u.exec(value) ?? [];
  return seconds === undefined ? undefined : new Date(Number(seconds) * 1000);
}
