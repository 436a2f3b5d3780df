import { stripEscapes } from '../display/strip-escapes.ts'
import type { ReportBlock } from './report-block.ts'

/** The report as GitHub-flavoured Markdown. */
export function toMarkdown(blocks: readonly ReportBlock[]): string {
  return `${blocks.map(markdownOf).join('\n\n')}\n`
}

function markdownOf(block: ReportBlock): string {
  switch (block.kind) {
    case 'heading':
      return `${'#'.repeat(block.level)} ${inline(block.text)}`
    case 'paragraph':
      return block.text.split('\n').map(inline).join('  \n')
    case 'list':
      return block.items.map((item) => `- ${inline(item)}`).join('\n')
    case 'code':
      return fenced(stripEscapes(block.text).trimEnd())
    case 'table':
      return [row(block.head), `| ${block.head.map(() => '---').join(' | ')} |`, ...block.rows.map(row)].join(
        '\n',
      )
  }
}

function row(cells: readonly string[]): string {
  return `| ${cells.map(inline).join(' | ')} |`
}

// One line in which no character of the text means anything to Markdown.
function inline(text: string): string {
  return stripEscapes(text)
    .replaceAll(/\s+/g, ' ')
    .trim()
    .replaceAll(/[\\`*_[\]<>|#~&]/g, (character) => `\\${character}`)
    .replace(/^([-+]|\d+\.)(?= |$)/, '\\$1')
}

// A fence longer than any in the text cannot be closed by it.
function fenced(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length))
  const fence = '`'.repeat(longest + 1)
  return `${fence}\n${text}\n${fence}`
}
