/** Milliseconds as people read them: `10,000 ms`. */
export function ms(value: number): string {
  return `${Math.round(value).toLocaleString('en-US')} ms`;
}

/**
 * `work`, or the error of `late()` when it is not done within `within` milliseconds.
 * The work itself goes on; whoever owns it must be able to put it away.
 */
export async function deadline<T>(work: Promise<T>, within: number, late: () => Error): Promise<T> {
  const expiry = Promise.withResolvers<never>();
  const timer = setTimeout(() => expiry.reject(late()), within);
  try {
    return await Promise.race([work, expiry.promise]);
  } finally {
    clearTimeout(timer);
  }
}
