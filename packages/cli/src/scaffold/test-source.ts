import type { Parts } from './scaffold.ts'

const KIT = '@agentproxy/plugin-testing'

/** A test that loads the plugin in a real host and uses what it adds. */
export function testSource(parts: Parts): string {
  const { extension, classStyle, className } = parts
  const plugin = classStyle ? className : 'plugin'
  return `import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestHost } from '${KIT}'
import ${plugin} from './index.${extension}'

${testBody(parts, plugin)}`
}

function testBody({ kind, name }: Parts, plugin: string): string {
  switch (kind) {
    case 'system':
      return inHost(
        plugin,
        'greets by name',
        `assert.equal(await host.tool('${name}.greet', { name: 'Ada' }), 'Hello, Ada!')`,
      )
    case 'provider':
      return inHost(
        plugin,
        'lists its model',
        `const provider = host.manager.live.providers.get('${name}')?.value
    const models = await provider?.models(new AbortController().signal)
    assert.deepEqual(models, [{ id: 'echo' }])`,
      )
    case 'agent':
      return inHost(
        plugin,
        'is there to work',
        `const agent = host.manager.live.agents.get('${name}')?.value
    assert.equal((await agent?.detect())?.available, true)`,
      )
  }
}

function inHost(plugin: string, title: string, body: string): string {
  return `test('${title}', async () => {
  const host = await createTestHost({ plugins: [${plugin}] })
  try {
    ${body}
  } finally {
    await host[Symbol.asyncDispose]()
  }
})
`
}
