import type { ToolCallRuling } from '@agentproxy/plugin'
import type { PermissionsConfig, Rule } from './config.ts'
import { matches } from './matches.ts'
import type { Call } from './matches.ts'

export interface JudgedCall extends Call {
  /** false: it may write or run more than is known. */
  readonly isUnderstood: boolean
}

/** What the rules say of a call. What cannot be read whole is denied where a rule about files or commands could be about it. */
export function ruleOn(
  { deny, ask, allow, otherwise }: PermissionsConfig,
  call: JudgedCall,
): Pick<ToolCallRuling, 'decision' | 'reason'> {
  const find = (rules: readonly Rule[], how: 'some' | 'every'): Rule | undefined =>
    rules.find((rule) => matches(rule, call, how))
  const denied = find(deny, 'some')
  if (denied !== undefined) return { decision: 'deny', reason: `a rule denies ${told(denied)}` }
  const forbidding = [...deny, ...ask].filter((rule) => rule.tools === undefined || isOf(rule, call))
  if (!call.isUnderstood && forbidding.some(({ paths, commands }) => (paths ?? commands) !== undefined)) {
    const reason = 'it cannot be told what it would write or run, and some of that is not allowed'
    return { decision: 'deny', reason }
  }
  const asked = find(ask, 'some')
  if (asked !== undefined) return { decision: 'ask', reason: `a rule wants ${told(asked)} to be asked for` }
  const allowed = call.isUnderstood ? find(allow, 'every') : undefined
  if (allowed !== undefined) return { decision: 'allow', reason: `a rule allows ${told(allowed)}` }
  return { decision: otherwise, reason: 'no rule is about it' }
}

function isOf({ tools }: Rule, call: Call): boolean {
  return tools !== undefined && matches({ tools }, call, 'some')
}

function told({ tools = [], paths = [], commands = [] }: Rule): string {
  return [...tools, ...paths, ...commands].map((pattern) => `"${pattern}"`).join(', ')
}
