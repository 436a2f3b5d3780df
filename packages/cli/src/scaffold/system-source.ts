import type { Parts } from './scaffold.ts'

/** A plugin with one tool, one hook, and a setting. */
export function systemSource({ name, ts }: Parts): string {
  return `import { definePlugin } from '@agentproxy/plugin'
${ts(`import type { StandardSchema } from '@agentproxy/plugin'

interface Config {
  readonly greeting: string
}
`)}
// Checks plugins.${name} of the configuration. Any Standard Schema will do, such as one made with zod.
const config${ts(': StandardSchema<unknown, Config>')} = {
  '~standard': {
    version: 1,
    vendor: '${name}',
    validate: (value) => {
      if (typeof value !== 'object' || value === null) return { issues: [{ message: 'must be an object' }] }
      const { greeting = 'Hello', ...others } = value${ts(' as Record<string, unknown>')}
      if (typeof greeting !== 'string') return { issues: [{ message: 'must be a text', path: ['greeting'] }] }
      const issues = Object.keys(others).map((key) => ({ message: 'there is no such setting', path: [key] }))
      return issues.length > 0 ? { issues } : { value: { greeting } }
    },
  },
}

export default definePlugin({
  name: '${name}',
  version: '0.1.0',
  description: 'Greets people',
  config,
  setup(ctx) {
    ctx.tool('${name}.greet', {
      description: 'Greet somebody by name',
      parameters: {
        type: 'object',
        properties: { name: { type: 'string' } },
        required: ['name'],
        additionalProperties: false,
      },
      execute: ({ name }) => \`\${ctx.config.greeting}, \${name}!\`,
    })

    // Observers run beside the work and never delay it; docs/reference/hooks.md lists all hooks.
    ctx.hook('task.complete', ({ taskId, outcome }) => {
      ctx.log.info('a task is done', { taskId, outcome })
    })
  },
})
`
}
