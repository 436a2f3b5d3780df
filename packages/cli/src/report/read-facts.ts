import type { AgentTurnResult, CheckResult } from '@agentproxy/plugin'
import type { EvidenceRecord, Store, UsageTotals } from '@agentproxy/store'
import type { ChangedFile, Finding, ReviewIssue, TaskContract, TaskEvent } from '@agentproxy/supervisor'
import { readSessionLog } from '../commands/session-log.ts'

type Of<Type extends TaskEvent['type']> = Extract<TaskEvent, { readonly type: Type }>

interface TurnFacts {
  readonly turn: number
  readonly result: AgentTurnResult
  readonly changes: readonly ChangedFile[]
  readonly durationMs: number
}

/** What a session's log and evidence say, gathered for a report. */
export interface SessionFacts {
  readonly sessionId: string
  readonly contract: TaskContract | null
  readonly finished: Of<'task.finished'> | null
  /** What the last look at the files found, where the task has not ended. */
  readonly findings: readonly Finding[]
  readonly changes: readonly ChangedFile[]
  readonly turns: readonly TurnFacts[]
  /** By name, in the order they first ran: before the first turn, and the last result. */
  readonly checks: ReadonlyMap<
    string,
    { readonly before: CheckResult | null; readonly now: CheckResult | null }
  >
  readonly evidence: readonly EvidenceRecord[]
  readonly subtasks: ReadonlyMap<string, Of<'subtask.changed'>['subtask']>
  readonly reviews: readonly {
    readonly turn: number
    readonly model: string
    readonly issues: readonly ReviewIssue[]
  }[]
  readonly notes: readonly string[]
  readonly usage: UsageTotals
}

/** Reads them. A task that still runs is told as far as it came. */
export async function readFacts(store: Store, sessionId: string): Promise<SessionFacts> {
  const checks = new Map<string, { before: CheckResult | null; now: CheckResult | null }>()
  const facts = {
    sessionId,
    contract: null as TaskContract | null,
    finished: null as Of<'task.finished'> | null,
    findings: [] as readonly Finding[],
    changes: [] as readonly ChangedFile[],
    turns: [] as TurnFacts[],
    checks,
    subtasks: new Map<string, Of<'subtask.changed'>['subtask']>(),
    reviews: [] as SessionFacts['reviews'][number][],
    notes: [] as string[],
  }
  for await (const { payload } of readSessionLog(store, sessionId)) take(facts, payload)
  const evidence = await store.evidence.list(sessionId)
  return { ...facts, evidence, usage: await store.exchanges.totals(sessionId) }
}

type Gathered = { -readonly [Key in keyof Omit<SessionFacts, 'evidence' | 'usage'>]: SessionFacts[Key] } & {
  turns: TurnFacts[]
  checks: Map<string, { before: CheckResult | null; now: CheckResult | null }>
  subtasks: Map<string, Of<'subtask.changed'>['subtask']>
  reviews: SessionFacts['reviews'][number][]
  notes: string[]
}

function take(facts: Gathered, event: TaskEvent): void {
  switch (event.type) {
    case 'task.created':
    case 'task.started':
      facts.contract = event.contract
      break
    case 'task.resumed':
      facts.finished = null
      break
    case 'turn.finished':
      facts.turns.push(event)
      break
    case 'check.finished':
      takeCheck(facts, event)
      break
    case 'gate.evaluated':
      facts.findings = event.findings
      facts.changes = event.changes
      break
    case 'subtask.changed':
      facts.subtasks.set(event.subtask.id, event.subtask)
      break
    case 'review.finished':
      facts.reviews.push(event)
      break
    case 'note.saved':
      facts.notes.push(event.note)
      break
    case 'task.finished':
      facts.finished = event
      facts.findings = event.findings
      facts.changes = event.changes
      break
    default:
      break
  }
}

function takeCheck({ checks }: Gathered, { phase, result }: Of<'check.finished'>): void {
  const known = checks.get(result.check) ?? { before: null, now: null }
  checks.set(result.check, phase === 'baseline' ? { ...known, before: result } : { ...known, now: result })
}
