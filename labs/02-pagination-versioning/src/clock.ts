/** The time, as this service sees it. `CLOCK`, an instant of RFC 3339, makes it stand still. */
export type Clock = () => Date;

export function createClock(standsAt: string | undefined): Clock {
  if (standsAt === undefined) return () => new Date();
  const instant = new Date(standsAt);
  if (Number.isNaN(instant.getTime())) throw new Error(`CLOCK is not an instant: ${standsAt}`);
  return () => instant;
}
