// @ts-check

/** @param {string} line */
export function say(line) {
  process.stderr.write(`${line}\n`);
}

/**
 * Prints what is being done if it takes longer than a second, and again when it is done.
 *
 * @template T
 * @param {string} what E.g. `Installing Node 26.10.0 (57 MB, once)`.
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withProgress(what, work) {
  const begun = Date.now();
  let said = false;
  const timer = setTimeout(() => {
    said = true;
    say(`${what}…`);
  }, 1000);
  try {
    const result = await work();
    if (said) say(`${what}: done in ${Math.round((Date.now() - begun) / 1000)} s`);
    return result;
  } finally {
    clearTimeout(timer);
  }
}
