import type { Parts } from './scaffold.ts'

/** The same plugin as a class. */
export function classSource({ name, className, ts }: Parts): string {
  return `${ts(`import type { ClassPluginContext, Plugin, Tool } from '@agentproxy/plugin'

`)}export default class ${className}${ts(' implements Plugin')} {
  name = '${name}'
  version = '0.1.0'
  description = 'Greets people'
  #greeting = 'Hello'
  #log${ts(": ClassPluginContext['log'] | undefined")}

  initialize(context${ts(': ClassPluginContext')}) {
    // plugins.${name} of the configuration, as it is written there.
    const { greeting = 'Hello' } = context.config
    if (typeof greeting !== 'string') throw new Error('greeting must be a text')
    this.#greeting = greeting
    this.#log = context.log
  }

  getTools()${ts(': Record<string, Tool>')} {
    return {
      '${name}.greet': {
        description: 'Greet somebody by name',
        parameters: {
          type: 'object',
          properties: { name: { type: 'string' } },
          required: ['name'],
          additionalProperties: false,
        },
        execute: ({ name }${ts(': { name: string }')}) => \`\${this.#greeting}, \${name}!\`,
      },
    }
  }

  // A method of this name hears the hook task.complete.
  onTaskComplete({ taskId, outcome }${ts(': { taskId: string; outcome: string }')}) {
    this.#log?.info('a task is done', { taskId, outcome })
  }
}
`
}
