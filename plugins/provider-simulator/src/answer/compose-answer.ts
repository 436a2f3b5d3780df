import type { ModelBlock, ModelDelta, ModelEvent, ModelUsage, StopReason } from '@agentproxy/wire'
import type { Conversation, OfferedTool } from '../conversation/conversation.ts'
import { fillCaptures, findCaptures } from '../scenario/fill-captures.ts'
import type { Captures } from '../scenario/fill-captures.ts'
import type { Action, Scenario, Step } from '../scenario/scenario.ts'
import type { Answer, Beat } from './answer.ts'
import { minimalJson } from './minimal-json.ts'

// Four characters a token is the usual rule of thumb; nothing real is counted here.
const CHARS_PER_TOKEN = 4

export interface Scene {
  readonly scenario: Scenario
  readonly step: Step
  readonly conversation: Conversation
  /** As the client wrote it. */
  readonly model: string
}

/**
 * A step as an answer. A request without the tools the step wants, or for a JSON document the step does not give, is no
 * part of the scripted conversation (agents also ask for titles and summaries): it gets a short answer that fits.
 */
export function composeAnswer(scene: Scene): Answer {
  const captures = findCaptures(scene.scenario.captures, scene.conversation.text)
  const script = new AnswerScript(scene)
  for (const action of fittingActions(scene, captures)) script.play(action, captures)
  return script.finish()
}

/** Simulated size of a text, in tokens. */
export function simulatedTokens(chars: number): number {
  return Math.ceil(chars / CHARS_PER_TOKEN)
}

function fittingActions({ step, conversation }: Scene, captures: Captures): readonly Action[] {
  const { schema } = conversation
  const spoken = step.then.some((action) => action.text !== undefined || action.tool !== undefined)
  if (schema !== null && spoken) return [{ text: JSON.stringify(minimalJson(schema)) }]
  const missing = step.then.flatMap(({ tool }) =>
    tool === undefined || chooseTool(tool, conversation, captures) !== null
      ? []
      : tool.map(({ name }) => name),
  )
  if (missing.length === 0) return step.then
  return [
    {
      text: `[simulated] This scenario would now use a tool the request does not offer: ${missing.join(', ')}.`,
    },
  ]
}

type Tools = NonNullable<Action['tool']>
type Call = Tools[number] & Pick<OfferedTool, 'freeform'>

/** Agents give the same name to tools with other fields: an alternative without the fields a tool wants is not meant for it. */
function chooseTool(tools: Tools, conversation: Conversation, captures: Captures): Call | null {
  for (const tool of tools) {
    const offered = conversation.offeredTools.find(({ name }) => name === tool.name)
    const filled = offered?.required.every((field) => field in tool.input)
      ? fillCaptures(tool, captures)
      : null
    if (offered !== undefined && filled !== null) return { ...filled, freeform: offered.freeform }
  }
  return null
}

class AnswerScript {
  readonly #scene: Scene
  readonly #beats: Beat[] = []
  #blocks = 0
  #chars = 0
  #stopReason: StopReason = 'end_turn'
  #usage: Partial<ModelUsage> = {}
  /** The end of the last block is written with what follows: a cut or stall leaves the block open. */
  #pendingEnd: readonly ModelEvent[] = []

  constructor(scene: Scene) {
    this.#scene = scene
    const id = `msg_sim_${scene.conversation.fingerprint}`
    this.#beats.push({ kind: 'events', events: [{ type: 'start', id, model: scene.model }] })
  }

  play(action: Action, captures: Captures): void {
    if (action.text !== undefined) this.#text(fillCaptures(action.text, captures) ?? action.text)
    if (action.json !== undefined)
      this.#text(JSON.stringify(fillCaptures(action.json, captures) ?? action.json))
    if (action.thinking !== undefined) this.#thinking(action.thinking)
    if (action.tool !== undefined) this.#tool(chooseTool(action.tool, this.#scene.conversation, captures))
    if (action.usage !== undefined) this.#usage = { ...this.#usage, ...defined(action.usage) }
    if (action.delayMs !== undefined) this.#beats.push({ kind: 'delay', ms: action.delayMs })
    if (action.fault !== undefined) this.#fault(action.fault)
  }

  finish(): Answer {
    this.#endBlock()
    const usage: ModelUsage = {
      inputTokens: simulatedTokens(this.#scene.conversation.requestChars),
      outputTokens: simulatedTokens(this.#chars),
      cacheReadTokens: null,
      cacheWriteTokens: null,
      reasoningTokens: null,
      ...this.#usage,
    }
    const events: readonly ModelEvent[] = [
      { type: 'usage', usage },
      { type: 'finish', reason: this.#stopReason, stopSequence: null },
      { type: 'end' },
    ]
    return [...this.#beats, { kind: 'events', events }]
  }

  #text(text: string): void {
    this.#block(
      { type: 'text' },
      pieces(text, /\S+\s*|\s+/gu).map((piece) => ({ type: 'text', text: piece })),
    )
  }

  #thinking(text: string): void {
    const block: ModelBlock = { type: 'thinking', issuer: 'anthropic' }
    this.#block(
      block,
      pieces(text, /\S+\s*|\s+/gu).map((piece) => ({ type: 'thinking', text: piece })),
    )
  }

  #tool(tool: Call | null): void {
    if (tool === null) return
    const id = `toolu_sim_${this.#scene.conversation.fingerprint}_${this.#blocks}`
    const deltas = pieces(JSON.stringify(tool.input), /[\s\S]{1,32}/gu)
    this.#block(
      { type: 'tool_call', id, name: tool.name, ...(tool.freeform ? { freeform: true } : {}) },
      deltas.map((json) => ({ type: 'arguments', json })),
    )
    this.#stopReason = 'tool_use'
  }

  #block(block: ModelBlock, deltas: readonly ModelDelta[]): void {
    this.#endBlock()
    const index = this.#blocks++
    this.#chars += deltas.reduce((sum, delta) => sum + deltaLength(delta), 0)
    const changes = deltas.map((delta): ModelEvent => ({ type: 'block_delta', index, delta }))
    this.#beats.push({ kind: 'events', events: [{ type: 'block_start', index, block }, ...changes] })
    this.#pendingEnd = [{ type: 'block_stop', index }]
  }

  #fault(fault: NonNullable<Action['fault']>): void {
    if (fault === 'garbage') this.#endBlock()
    this.#beats.push({ kind: 'fault', fault })
  }

  #endBlock(): void {
    if (this.#pendingEnd.length > 0) this.#beats.push({ kind: 'events', events: this.#pendingEnd })
    this.#pendingEnd = []
  }
}

function pieces(text: string, pattern: RegExp): readonly string[] {
  return text.match(pattern) ?? []
}

function deltaLength(delta: ModelDelta): number {
  if (delta.type === 'text' || delta.type === 'thinking') return delta.text.length
  return delta.type === 'arguments' ? delta.json.length : 0
}

function defined(usage: NonNullable<Action['usage']>): Partial<ModelUsage> {
  return Object.fromEntries(Object.entries(usage).filter(([, value]) => value !== undefined))
}
