/** One `FROM` of a Dockerfile. */
export interface Base {
  /** As it is written, with the values of `ARG`s that stand before it. */
  readonly name: string;
  /** What later stages call it. */
  readonly stage: string | undefined;
}

/** The images that a Dockerfile begins from; earlier stages and `scratch` are not among them. */
export function basesOf(dockerfile: string): Base[] {
  const values = new Map<string, string>();
  const stages = new Set<string>();
  const bases: Base[] = [];
  for (const line of dockerfile.replaceAll(/\\\r?\n/gu, ' ').split(/\r?\n/u)) {
    const value = /^\s*ARG\s+(\w+)=(\S+)/iu.exec(line);
    if (value?.[1] !== undefined) values.set(value[1], (value[2] ?? '').replaceAll(/["']/gu, ''));
    const from = /^\s*FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?/iu.exec(line);
    if (from?.[1] === undefined) continue;
    const name = from[1]
      .replaceAll(/\$\{?(\w+)\}?/gu, (_, key: string) => values.get(key) ?? '')
      .replaceAll(/["']/gu, '');
    if (!stages.has(name.toLowerCase()) && name !== 'scratch') bases.push({ name, stage: from[2] });
    if (from[2] !== undefined) stages.add(from[2].toLowerCase());
  }
  return bases;
}

/** Whether the name stays the same image's tomorrow: a digest, or a tag that begins with a number. */
export function isPinned(name: string): boolean {
  return /@sha256:[0-9a-f]{64}$/u.test(name) || /:v?\d[^/]*$/u.test(name);
}
