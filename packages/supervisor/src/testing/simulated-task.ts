import type { AgentTurnResult, CheckResult, CheckSpec, FunctionArguments, Verdict } from '@agentproxy/plugin'
import { commandCheck } from '../gate/parse-checks.ts'
import { evaluateGate } from '../gate/evaluate-gate.ts'
import { type Action, decide } from '../session/decide.ts'
import { type LoggedEvent, observe } from '../session/observe.ts'
import { type SessionState, emptyState } from '../session/session-state.ts'
import { IN_PLACE } from '../workspace/workspace-order.ts'
import type { CheckPhase, TaskContract, TaskEvent } from '../session/task-event.ts'
import type { TaskOrder } from '../session/task-order.ts'

const VERDICTS: readonly Verdict[] = ['pass', 'pass', 'pass', 'fail', 'vacuous', 'error', 'skipped']
const STOP: TaskOrder = { do: 'stop', mode: 'graceful' }
const FUNCTIONS = [
  'no_op',
  'send_to_agent',
  'run_check',
  'read_file',
  'diff',
  'rollback',
  'ask_human',
  'mark_done',
  'mark_done',
]

/** A contract with two checks. */
export function contract(overrides: Partial<TaskContract> = {}): TaskContract {
  return {
    objective: 'make it work',
    workingDir: '/w',
    agent: 'a',
    model: null,
    reasoner: 'rules',
    reasonerModel: null,
    checks: [commandCheck('unit'), commandCheck('lint')],
    checksFrom: 'flags',
    budgets: { maxTurns: 5, maxTimeMs: null },
    idleMs: 1000,
    expectsChange: true,
    allowsTestChanges: false,
    protectedPaths: [],
    screenshots: [],
    workspace: IN_PLACE,
    approve: 'auto',
    permissions: { deny: [], ask: [], allow: [] },
    answerMs: 1000,
    waitsForLimit: true,
    startedBy: 'terminal',
    ...overrides,
  }
}

/** Plays the shell with a world whose every answer comes from `dice`. */
export class World {
  state: SessionState = emptyState
  readonly log: LoggedEvent[] = []
  readonly actions: Action[] = []
  tree = 't0'
  now = 0
  #dice: readonly number[]
  #at = 0

  /** Whether people speak while it runs. */
  readonly orders: boolean

  constructor(dice: readonly number[], task: TaskContract, orders = false) {
    this.orders = orders
    this.#dice = dice
    this.append({ type: 'task.created', contract: task })
  }

  append(payload: TaskEvent): void {
    this.now += 10
    const event = { seq: this.log.length + 1, at: this.now, payload }
    this.log.push(event)
    this.state = observe(this.state, event)
  }

  roll(sides: number): number {
    const value = this.#dice[this.#at++ % this.#dice.length] ?? 0
    return (value + Math.floor(this.#at / this.#dice.length)) % sides
  }

  run(steps: number): void {
    for (let step = 0; step < steps; step++) {
      const action = decide(this.state, this.now)
      this.actions.push(action)
      if (action.do === 'nothing') return
      this.act(action)
    }
  }

  act(action: Action): void {
    switch (action.do) {
      case 'begin':
        return this.append({ type: 'task.started', contract: this.state.contract ?? contract() })
      case 'open-workspace':
        return this.append({
          type: 'workspace.opened',
          git: true,
          dirty: false,
          baseTree: this.tree,
          place: null,
          repository: null,
        })
      case 'run-checks':
        return this.#check(action)
      case 'start-turn':
        return this.#turn(action)
      case 'evaluate-gate':
        return this.#gate(action.turn)
      case 'ask-reasoner':
        return this.#decide(action.turn)
      case 'run-function':
        return this.#function(action)
      case 'finish':
        return this.append({
          ...action,
          type: 'task.finished',
          turns: this.state.turns.length,
          durationMs: 0,
          changes: [],
          findings: [],
        })
      case 'wait':
        return this.#wait(action)
      case 'nothing':
        return
    }
  }

  /** What a person says, with the next number. */
  order(order: TaskOrder): void {
    this.append({ type: 'order.received', number: this.state.orders + 1, order })
  }

  // Some people answer, some go on before the time has come; for the others it passes.
  #wait(action: Extract<Action, { do: 'wait' }>): void {
    const { question } = this.state
    if (action.for === 'answer' && question !== null && this.roll(2) === 0)
      return this.order({ do: 'answer', question: question.id, text: 'yes' })
    if (action.until === null) return this.order(this.roll(4) === 0 ? STOP : { do: 'resume' })
    this.now = Math.max(this.now, action.until)
  }

  #check({ phase, turn, checks }: Extract<Action, { do: 'run-checks' }>): void {
    for (const check of checks) this.#checkOne(check, phase, turn)
  }

  #checkOne(check: CheckSpec, phase: CheckPhase, turn: number): void {
    const verdict = VERDICTS[this.roll(VERDICTS.length)] ?? 'fail'
    const result: CheckResult = {
      check: check.name,
      verdict,
      required: true,
      command: check.kind === 'command' ? check.command : null,
      exitCode: 0,
      reason: '',
      outputTail: `output ${this.roll(2)}`,
      outputFile: null,
      durationMs: 1,
      treeHash: this.tree,
      tests: null,
    }
    // Some checks write files.
    if (this.roll(5) === 0) this.tree = `c${this.roll(3)}`
    this.append({ type: 'check.finished', phase, turn, result })
  }

  #turn({ turn, prompt, messages }: Extract<Action, { do: 'start-turn' }>): void {
    this.append({ type: 'turn.started', turn, prompt, model: null, tree: this.tree, messages })
    if (this.orders) this.#speak()
    const failed = this.roll(4) === 0
    if (this.roll(3) > 0) this.tree = `t${this.roll(4)}`
    const result: AgentTurnResult = failed
      ? {
          stopReason: 'error',
          message: '',
          error: { code: 'exited', message: 'gone', retryable: this.roll(3) > 0 },
          conversationId: null,
        }
      : { stopReason: 'end_turn', message: 'done', error: null, conversationId: 'c1' }
    const stopped = this.orders && (this.state.paused || this.state.stop !== null)
    const limitedUntil = this.orders && failed && this.roll(2) === 0 ? this.now + 500 : null
    this.append({
      type: 'turn.finished',
      turn,
      result: stopped ? { ...result, stopReason: 'cancelled', error: null } : result,
      tree: this.tree,
      changes: [],
      durationMs: 1,
      limitedUntil,
    })
  }

  #speak(): void {
    const modes = ['steer', 'queue', 'interrupt'] as const
    const roll = this.roll(8)
    if (roll === 0) return this.order({ do: 'pause' })
    if (roll === 1 && this.roll(6) === 0) return this.order(STOP)
    if (roll > 3) return
    this.order({ do: 'message', text: 'psst', mode: modes[this.roll(3)] ?? 'queue' })
    if (roll !== 2) return
    const number = this.state.messages.at(-1)?.number
    if (number !== undefined)
      this.append({ type: 'message.delivered', turn: this.state.turns.length, number })
  }

  #gate(turn: number): void {
    const changes =
      this.tree === this.state.baseTree
        ? []
        : [{ path: 'a', operation: 'modify', linesAdded: 1, linesRemoved: 1 } as const]
    const { results, baseline, failedOn } = this.state
    const checks = this.state.contract?.checks ?? []
    const verdict = evaluateGate({
      checks,
      results,
      baseline,
      failedOn,
      tree: this.tree,
      changes,
      tampering: [],
      expectsChange: true,
      allowsTestChanges: false,
      worked: true,
    })
    this.append({ type: 'gate.evaluated', turn, tree: this.tree, changes, ...verdict })
  }

  #decide(turn: number): void {
    const name = FUNCTIONS[this.roll(FUNCTIONS.length)] ?? 'no_op'
    const args: FunctionArguments = name === 'send_to_agent' ? { instruction: 'go on' } : {}
    this.append({
      type: 'decision.made',
      turn,
      reasoner: 'dice',
      function: name,
      arguments: args,
      reason: '',
    })
  }

  #function({ turn, function: name }: Extract<Action, { do: 'run-function' }>): void {
    // Now and then a person edits a file meanwhile.
    if (this.roll(6) === 0) this.tree = `p${this.roll(2)}`
    const { gate } = this.state
    const base = { type: 'function.finished', turn, function: name, result: 'go on' } as const
    if (name === 'mark_done') {
      const ok = gate?.accepted === true && gate.tree === this.tree && this.roll(4) > 0
      const tree = gate?.accepted === true ? this.tree : (gate?.tree ?? null)
      return this.append({ ...base, ok, tree })
    }
    if (name === 'ask_human')
      this.append({ type: 'question.asked', id: `q${this.now}`, turn, question: 'Really?', choices: [] })
    if (name === 'rollback') this.tree = this.state.turns.at(-1)?.startTree ?? this.tree
    this.append({ ...base, ok: this.roll(5) > 0, tree: name === 'rollback' ? this.tree : null })
  }
}
