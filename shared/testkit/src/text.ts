/** `15,385`: a count as messages and lessons show it. */
export const thousands = (count: number): string => count.toLocaleString('en-US');
