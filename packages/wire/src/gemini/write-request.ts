import { defined } from '../json/defined.ts'
import { isRecord } from '../json/json-record.ts'
import type { JsonRecord } from '../json/json-record.ts'
import type { LossReport } from '../loss.ts'
import { createReporter } from '../model/reporter.ts'
import type { Reporter } from '../model/reporter.ts'
import type { ModelRequest } from '../model/request.ts'
import { writeConfig } from './write-config.ts'
import { writeContents, writeSystem } from './write-contents.ts'
import { writeToolChoice, writeTools } from './write-tools.ts'

/** Writes the body of `POST /v1beta/models/{model}:generateContent`; model and stream belong in the URL. */
export function writeGeminiRequest(request: ModelRequest, loss: LossReport): Record<string, unknown> {
  const to = createReporter(request, 'gemini', loss)
  const riding = to.riding(request.extras, { field: 'extras' }) ?? {}
  const tools = writeTools(to)
  const choice = writeToolChoice(tools !== undefined && tools.length > 0, to)
  reportUnsaid(to)
  return defined({
    contents: writeContents(to),
    systemInstruction: writeSystem(to),
    tools,
    ...riding,
    toolConfig: filled(joined(choice, riding['toolConfig'])),
    generationConfig: filled(joined(writeConfig(to), riding['generationConfig'])),
  })
}

/** What a request of another format may ask for that Gemini has no place for. */
function reportUnsaid(to: Reporter): void {
  const { parallelToolCalls, serviceTier, user } = to.request
  const drop = (field: keyof ModelRequest, code: string, detail: string): void => {
    to.add('dropped', code, { field }, detail)
  }
  if (parallelToolCalls === false)
    drop(
      'parallelToolCalls',
      'parallel-tool-calls-unsupported',
      'Gemini may always call several tools at once.',
    )
  if (serviceTier !== undefined)
    drop('serviceTier', 'service-tier-unsupported', `Gemini has no service tier "${serviceTier}".`)
  if (user !== undefined)
    drop('user', 'user-unsupported', 'Gemini has no place for the name of the end user.')
}

/** Joins what was written with what rode along, also within inner objects. */
function joined(written: JsonRecord, riding: unknown): JsonRecord {
  if (!isRecord(riding)) return written
  const result: Record<string, unknown> = { ...written }
  for (const [key, value] of Object.entries(riding)) {
    const own = result[key]
    result[key] = isRecord(own) && isRecord(value) ? { ...own, ...value } : value
  }
  return result
}

function filled(fields: JsonRecord): JsonRecord | undefined {
  return Object.keys(fields).length > 0 ? fields : undefined
}
