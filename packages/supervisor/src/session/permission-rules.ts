import type { ToolKind } from '@agentproxy/plugin'
import { pathTest } from './path-test.ts'
import type { StandingAnswer } from './task-event.ts'

/** Who decides where no rule does: a person, `auto` allows, `deny` refuses all but looking. */
export type ApprovalMode = 'ask' | 'auto' | 'deny'

/** Rules as `edit(src/**)`, `execute(git push*)`, `fetch` or `*`; `deny` goes before `ask`, `ask` before `allow`. */
export interface PermissionRules {
  readonly deny: readonly string[]
  readonly ask: readonly string[]
  readonly allow: readonly string[]
}

/** What the rules look at. */
export interface PermissionSubject {
  readonly kind: ToolKind
  /** Relative to the working directory. */
  readonly paths: readonly string[]
  /** The command line of an `execute`, the address of a `fetch`; null = the agent does not tell. */
  readonly text: string | null
}

export interface RuleVerdict {
  readonly verdict: 'deny' | 'ask' | 'allow'
  /** The rule, or null for what the mode says. */
  readonly rule: string | null
}

const KINDS: readonly string[] = [
  'read',
  'edit',
  'delete',
  'search',
  'execute',
  'fetch',
  'think',
  'other',
] satisfies readonly ToolKind[]

/** Kinds that only look. */
const LOOKING: readonly ToolKind[] = ['read', 'search', 'think']

/** What is wrong with a rule, in words; null = nothing. */
export function ruleProblem(rule: string): string | null {
  const parsed = parseRule(rule)
  if (parsed === null)
    return `"${rule}" is not a rule; write a kind with a pattern, as edit(src/**), execute(git push*) or fetch`
  if (parsed.kind !== '*' && !KINDS.includes(parsed.kind))
    return `"${rule}": there is no kind ${parsed.kind}; kinds are ${KINDS.join(', ')}, and * for all`
  return null
}

/** The verdict of the rules: any that denies, then any that asks, then any that allows, then the mode. Pure. */
export function applyRules(
  rules: PermissionRules,
  mode: ApprovalMode,
  subject: PermissionSubject,
): RuleVerdict {
  for (const verdict of ['deny', 'ask', 'allow'] as const) {
    const rule = rules[verdict].find((one) => matches(one, subject, verdict === 'allow'))
    if (rule !== undefined) return { verdict, rule }
  }
  if (mode === 'auto' || LOOKING.includes(subject.kind)) return { verdict: 'allow', rule: null }
  return { verdict: mode, rule: null }
}

/** What a person said before of the like of it: the same tool, and where a command line or address is told, the same. */
export function standingAnswer(
  standing: readonly StandingAnswer[],
  asked: Omit<StandingAnswer, 'decision'>,
): StandingAnswer['decision'] | null {
  const same = standing.findLast(
    ({ tool, toolKind, text }) => tool === asked.tool && toolKind === asked.toolKind && text === asked.text,
  )
  return same?.decision ?? null
}

function parseRule(rule: string): { readonly kind: string; readonly pattern: string | null } | null {
  const [, kind, pattern] = /^([a-z]+|\*)(?:\((.+)\))?$/s.exec(rule.trim()) ?? []
  return kind === undefined ? null : { kind, pattern: pattern ?? null }
}

// A rule that allows must cover the whole of what is asked; one that denies or asks is met by any part.
function matches(rule: string, { kind, paths, text }: PermissionSubject, whole: boolean): boolean {
  const parsed = parseRule(rule)
  if (parsed === null || (parsed.kind !== '*' && parsed.kind !== kind)) return false
  const { pattern } = parsed
  if (pattern === null) return true
  if (kind === 'execute' || kind === 'fetch') return text !== null && matchesText(pattern, text, whole)
  const test = pathTest([pattern])
  return paths.length > 0 && (whole ? paths.every(test) : paths.some(test))
}

/** What a shell takes for the end of one command, or as a command within one. */
const COMMAND_ENDS = /[;&|\n\r`<>(){}]/

// `npm test*` must not allow `npm test; rm -rf ~`, and must deny it wherever it stands in a line.
function matchesText(pattern: string, text: string, whole: boolean): boolean {
  const like = new RegExp(`^${pattern.split('*').map(escaped).join('.*')}$`, 's')
  if (whole) return like.test(text.trim()) && (COMMAND_ENDS.test(pattern) || !COMMAND_ENDS.test(text))
  const parts = text.split(COMMAND_ENDS).map((part) => part.trim())
  return [text.trim(), ...parts].some((part) => like.test(part))
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`)
}
