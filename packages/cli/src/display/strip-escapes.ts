// Agents, models and test output are not trusted with the terminal: an escape sequence can rewrite what was printed,
// set the clipboard or hide text. Every pattern is linear in its input.
/* oxlint-disable no-control-regex -- control characters are what these look for */
const STRING_SEQUENCES =
  /(?:\u001b[\]PX^_]|[\u0090\u0098\u009d\u009e\u009f])[^\u0007\u001b\u009c\n]*(?:\u0007|\u001b\\|\u009c)?/g
const CSI_SEQUENCES = /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]?/g
const OTHER_ESCAPES = /\u001b[ -/]*[0-~]?/g
// Control characters but tab and newline; bidirectional controls; invisible characters; tag characters.
const CONTROLS =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]|[\u{e0000}-\u{e007f}]/gu

/** Text that may be printed: without escape sequences and invisible characters, line ends as `\n`. */
export function stripEscapes(text: string): string {
  return text
    .replaceAll(/\r\n?/g, '\n')
    .replaceAll(STRING_SEQUENCES, '')
    .replaceAll(CSI_SEQUENCES, '')
    .replaceAll(OTHER_ESCAPES, '')
    .replaceAll(CONTROLS, '')
}

/** The same on one line, cut to `width` columns with an ellipsis. */
export function oneLine(text: string, width: number): string {
  const flat = stripEscapes(text).replaceAll(/\s+/g, ' ').trim()
  let columns = 0
  let fitting = 0
  let end = 0
  for (const character of flat) {
    columns += columnsOf(character)
    end += character.length
    if (columns <= width - 1) fitting = end
    if (columns > width) return `${flat.slice(0, fitting)}…`
  }
  return flat
}

/** Columns a character takes; East Asian wide characters and emoji take two. */
export function columnsOf(character: string): number {
  const code = character.codePointAt(0) ?? 0
  const wide =
    (code >= 0x1100 && code <= 0x115f) ||
    (code >= 0x2e80 && code <= 0xa4cf) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xfe30 && code <= 0xfe6f) ||
    (code >= 0xff00 && code <= 0xff60) ||
    (code >= 0x1f300 && code <= 0x1faff) ||
    (code >= 0x20000 && code <= 0x3fffd)
  return wide ? 2 : 1
}
