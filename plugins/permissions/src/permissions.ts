import { definePlugin } from '@agentproxy/plugin'
import type { PermissionAnswer, PermissionRequest } from '@agentproxy/plugin'
import { config } from './config.ts'
import { readCall } from './read-call.ts'
import { ruleOn } from './rule-on.ts'

/** Judges tool calls by rules: those in a model's answer before the client has them, and those an agent asks for. */
export const permissions = definePlugin({
  name: 'permissions',
  version: '0.1.0',
  description: 'Judges the tool calls of a model before the agent makes them',
  config,
  setup(ctx) {
    const rules = ctx.config
    ctx.hook(
      'tool.call',
      ({ tool, input }) => {
        const { effects, ...read } = readCall(tool, input)
        const ruling = ruleOn(rules, { tool, paths: effects.paths, ...read })
        return { ...ruling, effects, endsAnswer: rules.refuse === 'answer' }
      },
      { onError: 'block' },
    )
    // First, so that nobody allows what is denied; and last, so that somebody may answer what is to be asked.
    ctx.hook('permission.request', (request) => answer('first', request), { order: 'pre', onError: 'block' })
    ctx.hook('permission.request', (request) => answer('last', request), { order: 'post', onError: 'block' })

    function answer(turn: 'first' | 'last', request: PermissionRequest): PermissionAnswer | null {
      const { tool, input } = request
      const { effects, ...read } = readCall(tool, input)
      const paths = [...request.paths, ...effects.paths]
      // Agents call a tool what they like; the files they name count where its arguments say nothing.
      const isUnderstood = read.isUnderstood || request.paths.length > 0
      const { decision, reason } = ruleOn(rules, { ...read, tool, paths, isUnderstood })
      if (decision === 'deny') return { decision, reason }
      if (turn === 'first') return null
      return decision === 'ask'
        ? { decision: 'deny', reason: `${reason} (nobody answered)` }
        : { decision, reason }
    }
  },
})
