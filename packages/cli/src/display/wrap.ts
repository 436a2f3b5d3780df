import { columnsOf, stripEscapes } from './strip-escapes.ts'

/** Lines of at most `width` columns, broken at spaces where there are some. Escapes are stripped, blank ends dropped. */
export function wrap(text: string, width: number): readonly string[] {
  const lines = stripEscapes(text)
    .replaceAll('\t', '  ')
    .split('\n')
    .flatMap((line) => wrapLine(line.trimEnd(), width))
  while (lines.length > 0 && lines[0] === '') lines.shift()
  while (lines.length > 0 && lines.at(-1) === '') lines.pop()
  return lines
}

function wrapLine(line: string, width: number): string[] {
  const lines: string[] = []
  let rest = line
  for (;;) {
    const fits = charactersThatFit(rest, width)
    if (fits === rest.length) return [...lines, rest]
    const space = rest.lastIndexOf(' ', fits)
    const cut = space > fits / 2 ? space : fits
    lines.push(rest.slice(0, cut).trimEnd())
    rest = rest.slice(cut).trimStart()
  }
}

/** UTF-16 length of the longest start that fits; at least one character. */
function charactersThatFit(text: string, width: number): number {
  let columns = 0
  let length = 0
  for (const character of text) {
    columns += columnsOf(character)
    if (columns > width && length > 0) return length
    length += character.length
  }
  return length
}
