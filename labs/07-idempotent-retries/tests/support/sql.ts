/** Kinds of statements, by their first words. */
const READS = /^\s*(?:SELECT\b|WITH\b(?!.*\b(?:INSERT|UPDATE|DELETE)\b))/isu;
const STEERS = /^\s*(?:BEGIN|START|COMMIT|END|ROLLBACK|SET|SAVEPOINT|RELEASE)\b/iu;
const BEGINS = /^\s*(?:BEGIN|START)\b/iu;
const COMMITS = /^\s*(?:COMMIT|END)\b/iu;

export const reads = (sql: string): boolean => READS.test(sql);
/** Begins or ends a transaction, or sets something. */
export const steers = (sql: string): boolean => STEERS.test(sql);
export const writes = (sql: string): boolean => !reads(sql) && !steers(sql);
export const begins = (sql: string): boolean => BEGINS.test(sql);
export const commits = (sql: string): boolean => COMMITS.test(sql);
