import type { Parts } from './scaffold.ts'

/** An agent of one step: it asks the model once, and writes the answer into a file. */
export function agentSource(parts: Parts): string {
  return `${plugin(parts)}
${turn(parts)}
${answer(parts)}`
}

function plugin({ name, ts }: Parts): string {
  return `import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import { definePlugin } from '@agentproxy/plugin'
${ts(`import type { AgentTurn, AgentTurnResult } from '@agentproxy/plugin'
`)}
const FILE = 'NOTES.md'

export default definePlugin({
  name: '${name}',
  version: '0.1.0',
  description: 'An agent that writes the answer of its model into NOTES.md',
  kind: 'agent',
  setup(ctx) {
    ctx.agent({
      name: '${name}',
      displayName: '${name}',
      capabilities: {
        resume: false,
        steer: false,
        interrupt: false,
        images: false,
        modelSwitch: false,
        asksPermission: true,
        plan: false,
        usage: false,
      },
      detect: async () => ({ available: true, version: '0.1.0', problem: null }),
      runTurn,
    })
  },
})
`
}

function turn({ ts }: Parts): string {
  return `// An agent that is a program of its own is started with turn.spawn.
async function runTurn(turn${ts(': AgentTurn')})${ts(': Promise<AgentTurnResult>')} {
  const ended = { conversationId: turn.conversationId, error: null }
  try {
    const text = await askModel(turn)
    turn.emit({ type: 'text', text })
    const message = await write(turn, text)
    return { ...ended, stopReason: 'end_turn', message }
  } catch (thrown) {
    if (turn.signal.aborted) return { ...ended, stopReason: 'cancelled', message: '' }
    const message = thrown instanceof Error ? thrown.message : String(thrown)
    return { ...ended, stopReason: 'error', message, error: { code: 'model', message, retryable: false } }
  }
}

async function write(turn${ts(': AgentTurn')}, text${ts(': string')}) {
  const tool = { id: \`write-\${turn.turn}\`, name: 'write_file', kind: 'edit', title: \`write \${FILE}\` }${ts(' as const')}
  const input = { path: FILE, text }
  turn.emit({ type: 'tool_call', ...tool, input, paths: [FILE] })
  const { name, kind, title } = tool
  const { decision } = await turn.requestPermission({ tool: name, kind, title, input, paths: [FILE] })
  const ok = decision === 'allow'
  if (ok) await appendFile(join(turn.workingDir, FILE), \`\${text}\\n\`)
  const output = ok ? \`Wrote \${FILE}.\` : \`Was not allowed to write \${FILE}.\`
  turn.emit({ type: 'tool_result', id: tool.id, ok, output })
  return output
}
`
}

function answer({ ts }: Parts): string {
  return `// Every model call goes through the gateway, in whichever format the agent speaks.
async function askModel({ gateway, model, prompt, signal }${ts(': AgentTurn')})${ts(': Promise<string>')} {
  if (model === null) throw new Error('name a model with --model')
  const response = await fetch(\`\${gateway.url}/v1/chat/completions\`, {
    method: 'POST',
    headers: { authorization: \`Bearer \${gateway.token}\`, 'content-type': 'application/json' },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: prompt }] }),
    signal,
  })
  const body = ${ts('(')}await response.json()${ts(') as { choices?: { message?: { content?: string } }[]; error?: { message?: string } }')}
  if (!response.ok) throw new Error(body.error?.message ?? \`the gateway answered \${response.status}\`)
  return body.choices?.[0]?.message?.content ?? ''
}
`
}
