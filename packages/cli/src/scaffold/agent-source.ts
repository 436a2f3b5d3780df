import type { Parts } from './scaffold.ts'

/** An agent that does one thing: it writes what it was asked into a file. */
export function agentSource({ name, ts }: Parts): string {
  return `import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import { definePlugin } from '@agentproxy/plugin'
${ts(`import type { AgentTurn, AgentTurnResult } from '@agentproxy/plugin'
`)}
const FILE = 'NOTES.md'

export default definePlugin({
  name: '${name}',
  version: '0.1.0',
  description: 'An agent that writes its task down',
  kind: 'agent',
  setup(ctx) {
    ctx.agent({
      name: '${name}',
      displayName: '${name}',
      asksPermission: true,
      detect: async () => ({ available: true, version: '0.1.0', problem: null }),
      runTurn,
    })
  },
})

// A real agent starts its program with turn.spawn, and gives it turn.gateway for its model calls.
async function runTurn(turn${ts(': AgentTurn')})${ts(': Promise<AgentTurnResult>')} {
  const tool = { id: \`write-\${turn.turn}\`, name: 'write_file', kind: 'edit', title: \`write \${FILE}\` }${ts(' as const')}
  const input = { path: FILE, text: \`\${turn.prompt}\\n\` }
  turn.emit({ type: 'tool_call', ...tool, input, paths: [FILE] })
  const { decision } = await turn.requestPermission({
    tool: tool.name,
    kind: tool.kind,
    title: tool.title,
    input,
    paths: [FILE],
  })
  const allowed = decision === 'allow' && !turn.signal.aborted
  if (allowed) await appendFile(join(turn.workingDir, FILE), input.text)
  const message = allowed ? \`Wrote \${FILE}.\` : \`Was not allowed to write \${FILE}.\`
  turn.emit({ type: 'tool_result', id: tool.id, ok: allowed, output: message })
  turn.emit({ type: 'text', text: message })
  const stopReason = turn.signal.aborted ? 'cancelled' : 'end_turn'
  return { stopReason, message, error: null, conversationId: turn.conversationId }
}
`
}
