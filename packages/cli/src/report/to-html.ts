import { stripEscapes } from '../display/strip-escapes.ts'
import type { ReportBlock } from './report-block.ts'

const STYLE =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}table{border-collapse:collapse}th,td{border:1px solid #8886;padding:.3rem .6rem;text-align:left;vertical-align:top}pre{background:#8881;padding:.8rem;overflow:auto;white-space:pre-wrap}'

/** The report as one page that needs nothing else and runs nothing. */
export function toHtml(blocks: readonly ReportBlock[], title: string): string {
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8">',
    `<meta http-equiv="content-security-policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${escaped(title)}</title><style>${STYLE}</style></head><body>`,
    ...blocks.map(htmlOf),
    '</body></html>',
    '',
  ].join('\n')
}

function htmlOf(block: ReportBlock): string {
  switch (block.kind) {
    case 'heading':
      return `<h${block.level}>${escaped(block.text)}</h${block.level}>`
    case 'paragraph':
      return `<p>${escaped(block.text).replaceAll('\n', '<br>')}</p>`
    case 'list':
      return `<ul>${block.items.map((item) => `<li>${escaped(item)}</li>`).join('')}</ul>`
    case 'code':
      return `<pre>${escaped(block.text)}</pre>`
    case 'table': {
      const cells = (tag: string, row: readonly string[]) =>
        row.map((cell) => `<${tag}>${escaped(cell)}</${tag}>`).join('')
      const rows = block.rows.map((row) => `<tr>${cells('td', row)}</tr>`).join('')
      return `<table><thead><tr>${cells('th', block.head)}</tr></thead><tbody>${rows}</tbody></table>`
    }
  }
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escaped(text: string): string {
  return stripEscapes(text).replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? '')
}
