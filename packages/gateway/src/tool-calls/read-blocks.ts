import type { ModelBlock, ModelEvent } from '@agentproxy/plugin'

/** Items of the Responses format that the client carries out although they are no function calls. */
const CLIENT_ITEMS: Readonly<Record<string, string>> = {
  local_shell_call: 'local_shell',
  shell_call: 'shell',
  apply_patch_call: 'apply_patch',
  computer_call: 'computer',
}

/** The call that a block is, if it is one that the client is to make; what the vendor runs is none. */
export function clientCall(block: ModelBlock): { readonly name: string } | null {
  if (block.type === 'tool_call') return { name: block.name }
  if (block.type !== 'opaque') return null
  const { type, name } = record(block.value)
  if (type === 'tool_use') return { name: typeof name === 'string' ? name : '' }
  const item = typeof type === 'string' ? CLIENT_ITEMS[type] : undefined
  return item === undefined ? null : { name: item }
}

/** The arguments a call has when it is whole: as a value where they are JSON, else as text. */
export function inputOf(block: ModelBlock, events: readonly ModelEvent[]): unknown {
  const deltas = events.flatMap((event) => (event.type === 'block_delta' ? [event.delta] : []))
  if (block.type === 'tool_call') {
    const json = deltas.map((delta) => (delta.type === 'arguments' ? delta.json : '')).join('')
    const value = parse(json === '' ? '{}' : json)
    return block.freeform === true ? (record(value)['input'] ?? value) : value
  }
  let value = record('value' in block ? block.value : null)
  let json = ''
  for (const delta of deltas) {
    if (delta.type !== 'opaque') continue
    const { item, partial_json } = record(delta.value)
    if (item !== undefined) value = { ...value, ...record(item) }
    if (typeof partial_json === 'string') json += partial_json
  }
  if (json !== '') return parse(json)
  return value['action'] ?? value['operation'] ?? value['input'] ?? value
}

/** Further choices or candidates ride along unread. */
export function hasFurtherAnswers(value: unknown): boolean {
  const { choices, candidates } = record(value)
  const list = choices ?? candidates
  return Array.isArray(list) && list.some((one) => Number(record(one)['index'] ?? 0) > 0)
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return json
  }
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
