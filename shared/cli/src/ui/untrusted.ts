// Control characters but tab and newline, and what terminals take for escapes.
// oxlint-disable-next-line no-control-regex
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/gu;

/** Text of a learner's program, made harmless for a terminal: control characters are shown as `�`. */
export function clean(text: string): string {
  return text.replaceAll(CONTROLS, '\uFFFD');
}
