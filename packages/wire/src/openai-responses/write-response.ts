import type { WriteOptions } from '../format.ts'
import { isRecord } from '../json/json-record.ts'
import type { LossReport } from '../loss.ts'
import type { ModelEvent } from '../model/event.ts'
import { foldEvents } from '../model/fold-events.ts'
import { ResponseWriter } from './response-writer.ts'

/** The JSON answer of `POST /v1/responses`: the response that the last event of its stream holds. */
export function writeOpenaiResponsesResponse(
  events: readonly ModelEvent[],
  loss: LossReport,
  options: WriteOptions = {},
): Record<string, unknown> {
  // Refuses events that are no whole answer.
  foldEvents(events)
  const writer = new ResponseWriter(loss, options)
  const last = events.map((event) => writer.write(event).at(-1)).at(-1)
  return isRecord(last?.['response']) ? last['response'] : {}
}
