import { defined } from '../json/defined.ts'
import type { ModelBlock } from '../model/event.ts'
import { createFreeformDecoder } from './freeform-input.ts'
import { ownPart, sendEvent } from './item-writer.ts'
import type { ItemContext, ItemWriter } from './item-writer.ts'
import { bareName } from './tool-name.ts'

/**
 * Writes a call as the client knows the tool: in its namespace, and as plain text where it takes that. An upstream of
 * another format knows neither, so the request's tools tell.
 */
export function createCallWriter(
  block: Extract<ModelBlock, { type: 'tool_call' }>,
  to: ItemContext,
): ItemWriter {
  const { outputIndex, send, loss } = to
  const tool = to.tools.find((one) => one.type !== 'opaque' && one.name === block.name)
  const namespace = block.namespace ?? (tool?.type === 'opaque' ? undefined : tool?.namespace)
  const isFreeform = block.freeform === true || tool?.type === 'freeform'
  const decoder = isFreeform ? createFreeformDecoder() : null
  const kind = isFreeform ? 'custom_tool_call_input' : 'function_call_arguments'
  const id = block.item?.id ?? to.newId(isFreeform ? 'ctc' : 'fc')
  const pieces: string[] = []
  let fields: Readonly<Record<string, unknown>> = {}

  const item = (status: string): Record<string, unknown> => {
    const input = pieces.join('')
    return defined({
      id,
      type: isFreeform ? 'custom_tool_call' : 'function_call',
      status,
      call_id: block.id,
      name: bareName(namespace, block.name),
      namespace,
      ...(isFreeform ? { input } : { arguments: input }),
      ...fields,
    })
  }
  const tell = (type: string, more: object): void => {
    send(`response.${kind}.${type}`, { item_id: id, output_index: outputIndex, ...more })
  }
  const add = (text: string): void => {
    if (text === '') return
    pieces.push(text)
    tell('delta', { delta: text })
  }

  send('response.output_item.added', { output_index: outputIndex, item: item('in_progress') })

  return {
    delta(delta) {
      if (delta.type === 'arguments') add(decoder === null ? delta.json : decoder.push(delta.json))
      if (delta.type !== 'opaque') return
      const part = ownPart(delta, loss)
      if (part !== null && 'item' in part) fields = { ...fields, ...part.item }
      if (part !== null && 'event' in part) sendEvent(part.event, to)
    },
    stop() {
      add(decoder === null ? '' : decoder.end())
      // Clients parse the arguments; none at all would not be JSON.
      if (decoder === null && pieces.join('').trim() === '') add('{}')
      const whole = pieces.join('')
      tell('done', isFreeform ? { input: whole } : { arguments: whole, name: bareName(namespace, block.name) })
    },
    close(isWhole) {
      const whole = item(isWhole ? 'completed' : 'incomplete')
      send('response.output_item.done', { output_index: outputIndex, item: whole })
      return whole
    },
  }
}
