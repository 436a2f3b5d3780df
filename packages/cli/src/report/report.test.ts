import { describe, expect, test } from 'vitest'
import type { ReportBlock } from './report-block.ts'
import { toHtml } from './to-html.ts'
import { toMarkdown } from './to-markdown.ts'

const EVIL = '<script>alert(1)</script> [x](javascript:alert) | `a` \u001b[31m# b'

const blocks: readonly ReportBlock[] = [
  { kind: 'heading', level: 1, text: EVIL },
  { kind: 'paragraph', text: `one\n${EVIL}` },
  { kind: 'list', items: [EVIL, '- nested'] },
  { kind: 'table', head: ['a', 'b'], rows: [[EVIL, 'two\nlines']] },
  { kind: 'code', text: 'before\n```\nafter <b>' },
]

describe('what agents and tests say is text in a report and nothing else', () => {
  test('in Markdown', () => {
    const text = String.raw`\<script\>alert(1)\</script\> \[x\](javascript:alert) \| \`a\` \# b`
    expect(toMarkdown(blocks)).toBe(
      [
        `# ${text}`,
        '',
        `one  \n${text}`,
        '',
        `- ${text}\n- \\- nested`,
        '',
        `| a | b |\n| --- | --- |\n| ${text} | two lines |`,
        '',
        '````\nbefore\n```\nafter <b>\n````',
        '',
      ].join('\n'),
    )
  })

  test('in HTML, on a page that may run nothing', () => {
    const page = toHtml(blocks, EVIL)
    expect(page).not.toContain('<script')
    expect(page).not.toContain('<b>')
    expect(page).not.toContain('\u001b')
    expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`)
    expect(page).toContain('<td>two\nlines</td>')
  })
})
