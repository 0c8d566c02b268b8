/** A whole number from the environment, or `fallback`. Throws when it is something else. */
export function wholeNumber(name: string, fallback: number): number {
  const text = process.env[name];
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new Error(`${name} must be a whole number`);
  return value;
}

/** The address of another service, without a slash at the end. */
export function serviceUrl(name: string, fallback: string): string {
  return (process.env[name] ?? fallback).replace(/\/$/u, '');
}
