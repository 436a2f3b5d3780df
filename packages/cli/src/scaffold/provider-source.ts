import type { Parts } from './scaffold.ts'

/** A provider with a small upstream of its own, which answers in the OpenAI chat format. */
export function providerSource(parts: Parts): string {
  return `${plugin(parts)}
${server(parts)}`
}

function plugin({ name, ts }: Parts): string {
  return `import { createServer } from 'node:http'
${ts(`import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
`)}import { definePlugin } from '@agentproxy/plugin'

const ANSWER = 'Hello from ${name}.'
const USAGE = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 }

// A real provider has no server: it names the address of one in \`endpoints\`, and where its key is in \`credential\`.
export default definePlugin({
  name: '${name}',
  version: '0.1.0',
  description: 'A scripted provider',
  kind: 'provider',
  async setup(ctx) {
    const server = createServer((request, response) => void answer(request, response))
    await new Promise${ts('<void>')}((resolve, reject) => {
      server.once('error', reject).listen(0, '127.0.0.1', resolve)
    })
    ctx.onDispose(() => {
      server.close()
      server.closeAllConnections()
    })
    const { port } = server.address()${ts(' as AddressInfo')}
    ctx.provider({
      name: '${name}',
      displayName: '${name} (scripted)',
      endpoints: { 'openai-chat': { url: \`http://127.0.0.1:\${port}/v1/chat/completions\` } },
      credential: null,
      headers: {},
      models: () => [{ id: 'echo' }],
      passesUnknownModels: false,
      simulated: true,
    })
  },
})
`
}

function server({ ts }: Parts): string {
  return `async function answer(request${ts(': IncomingMessage')}, response${ts(': ServerResponse')}) {
  let body = ''
  for await (const chunk of request) body += chunk
  const { stream, model } = JSON.parse(body)
  const common = { id: 'chatcmpl-1', created: 0, model }
  if (stream !== true) {
    const message = { role: 'assistant', content: ANSWER }
    response.setHeader('content-type', 'application/json')
    response.end(
      JSON.stringify({
        ...common,
        object: 'chat.completion',
        choices: [{ index: 0, message, finish_reason: 'stop' }],
        usage: USAGE,
      }),
    )
    return
  }
  const object = 'chat.completion.chunk'
  const delta = { role: 'assistant', content: ANSWER }
  const events = [
    { ...common, object, choices: [{ index: 0, delta, finish_reason: null }] },
    { ...common, object, choices: [{ index: 0, delta: {}, finish_reason: 'stop' }], usage: USAGE },
  ]
  response.setHeader('content-type', 'text/event-stream')
  for (const event of events) response.write(\`data: \${JSON.stringify(event)}\\n\\n\`)
  response.end('data: [DONE]\\n\\n')
}
`
}
