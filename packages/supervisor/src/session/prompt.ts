import type { CheckSpec } from '@agentproxy/plugin'
import { describeCheck } from '../gate/describe-check.ts'
import type { SessionState } from './session-state.ts'
import type { StuckSignal } from './stuck.ts'
import type { Finding, TaskContract } from './task-event.ts'

/** The first prompt: the objective whole, and what the agent should know about how its work is judged. */
export function firstPrompt(contract: TaskContract, workDir = contract.workingDir): string {
  return [
    contract.objective,
    ...screenshotLines(contract.screenshots),
    '',
    '---',
    `Working directory: ${workDir}. Change files only there.`,
    checksParagraph(contract.checks),
    'Do not delete, skip or weaken tests and do not change the test command; that is detected and refused.',
    'When you are finished, end your turn with a short summary of what you changed.',
  ].join('\n')
}

function screenshotLines(screenshots: TaskContract['screenshots']): readonly string[] {
  if (screenshots.length === 0) return []
  return [
    '',
    'Pictures that belong to this task; look at them first:',
    ...screenshots.map(({ path, mediaType }) => `- ${path} (${mediaType})`),
  ]
}

function checksParagraph(checks: readonly CheckSpec[]): string {
  const required = checks.filter((check) => check.required)
  if (required.length === 0) return 'No check is configured for this task.'
  const lines = required.map((check) => {
    if (check.kind === 'plugin') return `- ${check.name}`
    return check.kind === 'command'
      ? `- ${check.name}: \`${check.command}\``
      : `- ${check.name}: ${describeCheck(check)}`
  })
  return ['After each of your turns these checks are run here; all of them must pass:', ...lines].join('\n')
}

/** What the rules tell the agent after a refused result: each problem with the evidence for it. */
export function findingsPrompt(state: SessionState): string {
  const blocking = (state.gate?.findings ?? []).filter((finding) => finding.blocking)
  const parts = blocking.map((finding) => describe(finding, state))
  for (const refusal of state.refusals) parts.push(`- ${refusal}`)
  if (parts.length === 0) parts.push('- The result was not accepted.')
  return ['The task is not done yet:', '', ...parts, '', 'Fix this and end your turn.'].join('\n')
}

function describe(finding: Finding, state: SessionState): string {
  const lines = [`- ${finding.detail}`]
  for (const path of finding.paths) if (!finding.detail.includes(path)) lines.push(`  ${path}`)
  if (finding.code === 'check-failed' || finding.code === 'check-vacuous' || finding.code === 'check-error') {
    const result = Object.values(state.results).find((item) => finding.detail.startsWith(`${item.check}: `))
    const output = result?.outputTail.trim() ?? ''
    if (output !== '') lines.push('', '```', output, '```', '')
  }
  return lines.join('\n')
}

/** A prompt with what the agent must also hear: files put back, and a nudge when it goes in circles. */
export function withNotes(prompt: string, notes: readonly string[], nudge: StuckSignal | null): string {
  const extra = [...notes]
  if (nudge !== null) {
    extra.push(`${nudge.text} Stop and think: what you do now does not work. Take another approach.`)
  }
  return extra.length === 0 ? prompt : [prompt, '', ...extra.map((note) => `Note: ${note}`)].join('\n')
}

/** A prompt with what the person said meanwhile. null = the agent knows its task, and those words are all. */
export function withMessages(prompt: string | null, messages: readonly string[]): string {
  if (prompt === null) return messages.join('\n\n')
  if (messages.length === 0) return prompt
  return [prompt, '', 'The person who gave you this task says:', '', messages.join('\n\n')].join('\n')
}
