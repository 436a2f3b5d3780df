import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { copyFile, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { root } from '../repository.ts'

const guide = join(root, '../shared/seeds/004_b319f9d069743a87.txt')
const run = promisify(execFile)

test.skipIf(!existsSync(guide))(
  'every class and every call of the class plugins guide compiles and runs',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'agentproxy-guide-'))
    onTestFinished(() => rm(folder, { recursive: true, force: true }))
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
    await copyFile(join(root, 'test/e2e/class-plugin-guide/bundled.ts'), join(folder, 'bundled.ts'))
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
    await writeFile(join(folder, 'guide.ts'), program())
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions }))
    await run(join(root, 'node_modules/.bin/tsc'), ['-p', folder]).catch((error: { stdout: string }) => {
      throw new Error(error.stdout)
    })
    const { stdout } = await run(process.execPath, [join(folder, 'guide.js')], { cwd: folder })
    const [, results] = stdout.split('RESULTS ')
    expect(JSON.parse(results ?? '')).toEqual({
      'unfinished tools are refused': 'PLUGIN_INVALID',
      'a class that handles its errors': [
        { success: false, error: 'Required parameter missing', code: 'OPERATION_FAILED' },
        { success: true, data: { processed: true } },
      ],
      'one operation': { result: 'success' },
      'a session was created for a user': [
        { id: 's1', task: 'Analyze user behavior patterns', userId: 'user-123' },
      ],
      'a batch': [
        { tool: 'analytics.getMetrics', ok: true, value: 1 },
        { tool: 'no.such', ok: false, error: 'TOOL_NOT_FOUND' },
      ],
      'a service that is the tools of a class': 'known',
      'data of another plugin': { totalConsumed: 1, latestValue: { value: 4 }, averageValue: 4 },
      'events of an event-driven plugin': [
        'analytics.session_created',
        'analytics.tool_usage',
        'plugin.initialized',
      ],
      'a sandboxed plugin': 3,
    })
    // What the guide itself prints.
    expect(stdout).toContain('Initializing Custom Analytics Plugin')
    expect(stdout).toContain("'analytics.getMetrics'")
    expect(stdout).toContain('Sessions created: 0')
    expect(stdout).toContain("status: 'active'")
    expect(stdout).toContain('New session created: s1')
    expect(stdout).toContain('Plugin health: {')
    expect(stdout).toContain('Plugin custom-analytics reloaded')
  },
)

const compilerOptions = {
  target: 'es2023',
  lib: ['es2023', 'esnext.disposable', 'dom'],
  module: 'nodenext',
  types: ['node'],
  strict: true,
  skipLibCheck: true,
  allowImportingTsExtensions: true,
  rewriteRelativeImportExtensions: true,
}

interface Guide {
  /** Blocks that declare something, in their order. */
  readonly classes: readonly string[]
  /** The block of calls with this in it; each once. */
  readonly calls: (part: string) => string
  /** Blocks nobody asked for. */
  readonly rest: () => readonly string[]
}

/** All TypeScript of the guide, word for word but for import lines and one `catch` clause that strict TypeScript refuses. */
function readGuide(): Guide {
  const blocks = [...readFileSync(guide, 'utf8').matchAll(/```typescript\n([\s\S]*?)```/g)].map(([, code]) =>
    (code ?? '')
      .replaceAll(/^import .*;$/gm, '')
      .replace('catch (error) {', 'catch (error: any) {')
      .trim(),
  )
  const classes = blocks.filter((code) => /^(\/\/.*\n)*export /.test(code))
  const left = new Set(blocks.filter((code) => !classes.includes(code)))
  return {
    classes,
    rest: () => [...left],
    calls: (part) => {
      const block = [...left].find((code) => code.includes(part))
      if (block === undefined) throw new Error(`the guide has no block with ${part}`)
      left.delete(block)
      return block
    },
  }
}

const head = `import { PluginManager, SandboxedPlugin } from '@agentproxy/kernel'
import type { Plugin, PluginContext, Tool } from '@agentproxy/plugin'
import { AgentManagementPlugin, CachePlugin, EventsPlugin, SessionsPlugin, seen } from './bundled.ts'
const results: Record<string, unknown> = {}
const keep = (title: string, value: unknown) => void (results[title] = value)`

const moreClasses = `await pluginManager.loadPlugin(new EventDrivenPlugin())
await pluginManager.loadPlugin(new DataProducerPlugin())
await pluginManager.loadPlugin(new DataConsumerPlugin())
await pluginManager.loadPlugin(new FocusedPlugin())
await pluginManager.loadPlugin(new RobustPlugin())
await pluginManager.loadPlugin(new EfficientPlugin())
keep('unfinished tools are refused', await pluginManager.loadPlugin(new MonolithPlugin()).catch((error) => error.code))
keep('a class that handles its errors', [
  await pluginManager.executeTool('robust.operation'),
  await pluginManager.executeTool('robust.operation', { required: true }),
])
keep('one operation', await pluginManager.executeTool('focused.singleOperation'))`

const betweenPlugins = `const batch = await pluginManager.executeTools([
  { tool: 'analytics.getMetrics', parameters: { metric: 'sessions.created' } },
  { tool: 'no.such' },
])
keep('a batch', batch.map((one) => (one.ok ? one : { ...one, error: one.error.code })))
await pluginManager.executeTool('cache.set', { key: 'prediction:m:2', value: 'known' })
keep('a service that is the tools of a class', await pluginManager.executeTool('analytics.predict', { metric: 'm', horizon: 2 }))
await pluginManager.loadPlugin({
  name: 'source',
  initialize: (context) => context.events.emit('data.produced', { data: { value: 4 } }),
} as Plugin)
keep('data of another plugin', await pluginManager.executeTool('consumer.getStats'))
keep('events of an event-driven plugin', [...seen].sort())
// The guide forgets that this one needs the one it unloads.
await pluginManager.unloadPlugin('advanced-analytics')`

const untrusted = `const pluginCode = "export default { name: 'untrusted-plugin', setup(ctx) { ctx.tool('untrusted-plugin.add', { description: 'Adds', parameters: {}, execute: ({ a, b }) => a + b }) } }"`

const scoped = (code: string): string => `{\n${code}\n}`

/** What the guide leaves to its reader stands between its blocks. */
function program(): string {
  const { classes, calls, rest } = readGuide()
  const lines = [
    head,
    ...classes,
    ...['new AgentManagementPlugin', 'new CachePlugin', 'new EventsPlugin', 'new SessionsPlugin'].map(
      (part) => scoped(calls(part)),
    ),
    calls('// Load built-in plugins'),
    scoped(calls('// Configure individual plugins')),
    moreClasses,
    scoped(calls('// Execute a tool directly')),
    scoped(calls('// Execute tool with additional context')),
    `keep('a session was created for a user', await pluginManager.executeTool('agent.listSessions', { limit: 1 }))`,
    scoped(calls('// Execute multiple tools in parallel')),
    betweenPlugins,
    scoped(calls('// Unload a plugin')),
    untrusted,
    scoped(calls('// Create sandboxed plugin environment')),
    `keep('a sandboxed plugin', await pluginManager.executeTool('untrusted-plugin.add', { a: 1, b: 2 }))`,
    scoped(calls('// Enable debug logging')),
    `delete process.env.DEBUG\nawait pluginManager.shutdownAll()`,
    // These two make a manager of their own; the first expects the plugin it reloads to be there.
    scoped(
      `${calls('// Enable hot reloading').replace('// Manual', 'await pluginManager.loadPlugin(new CustomAnalyticsPlugin())\n// Manual')}\nawait pluginManager.shutdownAll()`,
    ),
    scoped(`${calls('// Enable plugin monitoring')}\nawait pluginManager.shutdownAll()`),
    `console.log('RESULTS ' + JSON.stringify(results))`,
    // The guide's producer never clears its interval.
    `process.exit(0)`,
  ]
  if (rest().length > 0) throw new Error(`blocks of the guide that are not run:\n${rest().join('\n---\n')}`)
  return lines.join('\n')
}
