import { readEvent, type OpencodeEvent } from './opencode-message.ts'

/** Longest event that is kept while its end is awaited; a longer one is passed over. */
const MAX_EVENT_CHARACTERS = 16 * 1024 * 1024

/** The events of `GET /event`, an event stream of JSON. What is none is given as `null`. Ends with the stream. */
export async function* serverEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<OpencodeEvent | null> {
  const decoder = new TextDecoder()
  let text = ''
  let skipping = false
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true })
    const events = text.split(/\r?\n\r?\n/)
    text = events.pop() ?? ''
    for (const event of events) {
      if (skipping) yield null
      else yield* dataOf(event)
      skipping = false
    }
    if (text.length <= MAX_EVENT_CHARACTERS) continue
    text = ''
    skipping = true
  }
}

function* dataOf(event: string): Generator<OpencodeEvent | null> {
  const data = event
    .split(/\r?\n/)
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice('data:'.length).trimStart())
    .join('\n')
  if (data !== '') yield readEvent(data)
}
