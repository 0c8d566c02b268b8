/** The packages that a `package.json` names and the starter's does not, sorted. */
export function newNames(manifest: Buffer | undefined, starter: Buffer | undefined): string[] {
  const known = new Set(dependenciesOf(starter));
  return dependenciesOf(manifest)
    .filter((name) => !known.has(name))
    .toSorted();
}

function dependenciesOf(manifest: Buffer | undefined): string[] {
  let read: unknown;
  try {
    read = JSON.parse(String(manifest));
  } catch {
    return [];
  }
  const { dependencies, devDependencies, optionalDependencies } = (read ?? {}) as Record<
    string,
    unknown
  >;
  return [dependencies, devDependencies, optionalDependencies].flatMap((all) =>
    typeof all === 'object' && all !== null ? Object.keys(all) : [],
  );
}
