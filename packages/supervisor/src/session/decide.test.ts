import type { AgentTurnResult, Verdict } from '@agentproxy/plugin'
import { describe, expect, test } from 'vitest'
import { World, contract } from '../testing/simulated-task.ts'
import { decide } from './decide.ts'
import type { TaskContract } from './task-event.ts'

function started(overrides: Partial<TaskContract> = {}): World {
  const world = new World([1, 2, 3], contract(overrides))
  world.append({ type: 'task.started', contract: contract(overrides) })
  world.append({
    type: 'workspace.opened',
    git: true,
    dirty: false,
    baseTree: 't0',
    place: null,
    repository: null,
  })
  for (const check of ['unit', 'lint']) addCheck(world, 'baseline', check)
  return world
}

function addCheck(world: World, phase: 'baseline' | 'turn', check: string, verdict: Verdict = 'fail'): void {
  world.append({
    type: 'check.finished',
    phase,
    turn: 0,
    result: {
      check,
      verdict,
      required: true,
      command: check,
      exitCode: 1,
      reason: '',
      outputTail: 'AssertionError',
      outputFile: null,
      durationMs: 1,
      treeHash: world.tree,
      tests: null,
    },
  })
}

/** One turn that leaves `tree`, fails its checks and sends the agent on. */
function failedTurn(world: World, tree: string): void {
  const turn = world.state.turns.length + 1
  const action = decide(world.state, world.now)
  const prompt = action.do === 'start-turn' ? action.prompt : ''
  world.append({ type: 'turn.started', turn, prompt, model: null, tree: world.tree })
  world.tree = tree
  const result: AgentTurnResult = { stopReason: 'end_turn', message: '', error: null, conversationId: null }
  world.append({ type: 'turn.finished', turn, result, tree, changes: [], durationMs: 1 })
  for (const check of ['unit', 'lint']) addCheck(world, 'turn', check)
  const finding = { code: 'check-failed', blocking: true, detail: 'unit: failed', paths: [] } as const
  world.append({ type: 'gate.evaluated', turn, tree, changes: [], accepted: false, findings: [finding] })
  world.append({
    type: 'function.finished',
    turn,
    function: 'send_to_agent',
    ok: true,
    result: 'try again',
    tree: null,
  })
}

const many = { budgets: { maxTurns: 50, maxTimeMs: null } }

describe('an agent that leads nowhere', () => {
  test('is nudged after two turns without a change and stuck after two more', () => {
    const world = started(many)
    failedTurn(world, 't0')
    expect(decide(world.state, world.now)).toMatchObject({ do: 'start-turn', prompt: 'try again' })
    failedTurn(world, 't0')
    expect(decide(world.state, world.now)).toMatchObject({
      do: 'start-turn',
      prompt: expect.stringContaining('another approach'),
    })
    failedTurn(world, 't0')
    expect(decide(world.state, world.now)).toMatchObject({ do: 'start-turn', prompt: 'try again' })
    failedTurn(world, 't0')
    expect(decide(world.state, world.now)).toMatchObject({
      do: 'finish',
      outcome: 'stuck',
      reason: 'no_progress',
    })
  })

  test('is nudged when it goes back and forth between two trees', () => {
    const world = started(many)
    for (const tree of ['a', 'b', 'a']) {
      failedTurn(world, tree)
      // The same failure three times is a signal of its own; only the trees count here.
      world.state = {
        ...world.state,
        turns: world.state.turns.map((turn) => ({ ...turn, failure: turn.turn.toString() })),
      }
    }
    expect(decide(world.state, world.now)).toMatchObject({ prompt: 'try again' })
    failedTurn(world, 'b')
    world.state = {
      ...world.state,
      turns: world.state.turns.map((turn) => ({ ...turn, failure: turn.turn.toString() })),
    }
    expect(decide(world.state, world.now)).toMatchObject({
      prompt: expect.stringContaining('back and forth'),
    })
  })

  test('is nudged when three different attempts fail with the same output, and not when durations differ', () => {
    const world = started(many)
    failedTurn(world, 'a')
    failedTurn(world, 'b')
    expect(decide(world.state, world.now)).toMatchObject({ prompt: 'try again' })
    failedTurn(world, 'c')
    expect(decide(world.state, world.now)).toMatchObject({ prompt: expect.stringContaining('same output') })
  })

  test('fails for good after three errors in a row, waiting longer each time', () => {
    const world = started(many)
    const delays: unknown[] = []
    for (let turn = 1; turn <= 3; turn++) {
      const action = decide(world.state, world.now)
      if (action.do === 'start-turn') delays.push(action.delayMs)
      world.append({ type: 'turn.started', turn, prompt: 'p', model: null, tree: 't0' })
      const error = { code: 'exited', message: 'exit 1', retryable: true } as const
      const result: AgentTurnResult = { stopReason: 'error', message: '', error, conversationId: null }
      world.append({ type: 'turn.finished', turn, result, tree: 't0', changes: [], durationMs: 1 })
    }
    expect(delays).toEqual([0, 1000, 2000])
    expect(decide(world.state, world.now)).toMatchObject({
      do: 'finish',
      outcome: 'failed',
      reason: 'agent_errors',
    })
  })
})

describe('budgets', () => {
  test('end the task at the wall clock, counting only time it was worked on', () => {
    const world = started({ budgets: { maxTurns: null, maxTimeMs: 1_000 } })
    world.now += 500_000
    world.append({ type: 'task.resumed', generation: 2, orphansEnded: 0 })
    expect(decide(world.state, world.now).do).toBe('start-turn')
    expect(decide(world.state, world.now + 1_000)).toMatchObject({
      do: 'finish',
      outcome: 'capped',
      reason: 'max_time',
    })
  })

  test('end the task when the turns are used up', () => {
    const world = started({ budgets: { maxTurns: 1, maxTimeMs: null } })
    failedTurn(world, 'a')
    expect(decide(world.state, world.now)).toMatchObject({
      do: 'finish',
      outcome: 'capped',
      reason: 'max_turns',
    })
  })
})

describe('resuming', () => {
  test('a finished task has nothing to do', () => {
    const world = started()
    world.act({ do: 'finish', outcome: 'stuck', reason: 'no_progress', message: '' })
    world.append({ type: 'task.resumed', generation: 2, orphansEnded: 0 })
    expect(decide(world.state, world.now)).toEqual({ do: 'nothing' })
  })

  test('an interrupted turn begins anew, measured from where it first began', () => {
    const world = started()
    world.append({ type: 'turn.started', turn: 1, prompt: 'the prompt', model: null, tree: 't0' })
    const result: AgentTurnResult = {
      stopReason: 'cancelled',
      message: '',
      error: null,
      conversationId: 'c9',
    }
    world.append({ type: 'turn.finished', turn: 1, result, tree: 'half', changes: [], durationMs: 1 })
    world.act({ do: 'finish', outcome: 'cancelled', reason: 'interrupted', message: '' })
    world.append({ type: 'task.resumed', generation: 2, orphansEnded: 0 })
    expect(decide(world.state, world.now)).toMatchObject({ do: 'start-turn', turn: 1, prompt: 'the prompt' })
    world.append({ type: 'turn.started', turn: 1, prompt: 'the prompt', model: null, tree: 'half' })
    expect(world.state.turns).toHaveLength(1)
    expect(world.state.turns[0]).toMatchObject({ startTree: 't0', endTree: null })
    expect(world.state.conversationId).toBe('c9')
  })

  test('a turn that was killed goes on in the conversation its agent had named', () => {
    const world = started()
    world.append({ type: 'turn.started', turn: 1, prompt: 'the prompt', model: null, tree: 't0' })
    world.append({ type: 'agent.event', turn: 1, event: { type: 'conversation', id: 'c7' } })
    world.append({ type: 'task.resumed', generation: 2, orphansEnded: 1 })
    expect(decide(world.state, world.now)).toMatchObject({ do: 'start-turn', turn: 1 })
    expect(world.state.conversationId).toBe('c7')
  })

  test('a task that was marked done is proved once more', () => {
    const world = started()
    world.append({ type: 'turn.started', turn: 1, prompt: 'p', model: null, tree: 't0' })
    const result: AgentTurnResult = { stopReason: 'end_turn', message: '', error: null, conversationId: null }
    world.tree = 't1'
    world.append({ type: 'turn.finished', turn: 1, result, tree: 't1', changes: [], durationMs: 1 })
    for (const check of ['unit', 'lint']) addCheck(world, 'turn', check, 'pass')
    world.append({ type: 'gate.evaluated', turn: 1, tree: 't1', changes: [], accepted: true, findings: [] })
    world.append({
      type: 'function.finished',
      turn: 1,
      function: 'mark_done',
      ok: true,
      result: '',
      tree: 't1',
    })
    expect(decide(world.state, world.now)).toMatchObject({ do: 'finish', outcome: 'done' })
    world.append({ type: 'task.resumed', generation: 2, orphansEnded: 0 })
    expect(decide(world.state, world.now)).toMatchObject({ do: 'ask-reasoner' })
  })
})
