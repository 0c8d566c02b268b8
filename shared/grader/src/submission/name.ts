import { basename } from 'node:path';

const ARCHIVE = /\.(?:zip|tgz|tar\.gz|git)$/iu;
/** A password may be there. */
const LOGIN = /^[a-z]+:\/\/(?:[^/]*@)?/iu;

/** What a submission is called: its folder, archive or repository. */
export function submissionName(source: string): string {
  return basename(source.replace(LOGIN, '')).replace(ARCHIVE, '') || 'submission';
}
