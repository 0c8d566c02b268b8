/** The address of another service, without a slash at the end. */
export function serviceUrl(name: string, fallback: string): string {
  return (process.env[name] ?? fallback).replace(/\/$/u, '');
}
