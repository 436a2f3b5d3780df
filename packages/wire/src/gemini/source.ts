import { isRecord } from '../json/json-record.ts'
import type { JsonRecord } from '../json/json-record.ts'
import type { ModelRequest, Place, RequestSource } from '../model/request.ts'
import { asSpelled } from './camel-case.ts'

const CONFIG = '/generationConfig'
const FIELDS: Partial<Record<keyof ModelRequest, string>> = {
  system: '/systemInstruction',
  messages: '/contents',
  toolChoice: '/toolConfig/functionCallingConfig',
  responseFormat: `${CONFIG}/responseMimeType`,
  reasoning: `${CONFIG}/thinkingConfig`,
  maxTokens: `${CONFIG}/maxOutputTokens`,
  temperature: `${CONFIG}/temperature`,
  topP: `${CONFIG}/topP`,
  topK: `${CONFIG}/topK`,
  stopSequences: `${CONFIG}/stopSequences`,
  seed: `${CONFIG}/seed`,
  frequencyPenalty: `${CONFIG}/frequencyPenalty`,
  presencePenalty: `${CONFIG}/presencePenalty`,
  logprobs: `${CONFIG}/responseLogprobs`,
  topLogprobs: `${CONFIG}/logprobs`,
  n: `${CONFIG}/candidateCount`,
  extras: '',
}

/** The document a request was read from. It is kept, because tools are grouped in it and a neutral request is flat. */
export class GeminiSource implements RequestSource {
  readonly format = 'gemini'
  readonly #body: JsonRecord
  readonly #tools: readonly unknown[]

  constructor(body: JsonRecord, tools: unknown) {
    this.#body = body
    this.#tools = Array.isArray(tools) ? tools : []
  }

  pointer(request: ModelRequest, place: Place): string {
    return this.spelled(this.#camelPointer(request, place))
  }

  spelled(pointer: string): string {
    return asSpelled(this.#body, pointer)
  }

  #camelPointer(request: ModelRequest, place: Place): string {
    if ('tool' in place) return toolPointers(this.#tools)[place.tool] ?? '/tools'
    if ('field' in place) return FIELDS[place.field] ?? `/${place.field}`
    if ('system' in place) {
      return place.block === undefined ? '/systemInstruction' : `/systemInstruction/parts/${place.block}`
    }
    const { message, block, inner } = place
    const pointer = block === undefined ? `/contents/${message}` : `/contents/${message}/parts/${block}`
    return inner === undefined ? pointer : `${pointer}/functionResponse${innerPointer(request, place)}`
  }
}

/** The text of a result is its response; images and files are parts beside it. */
function innerPointer(request: ModelRequest, place: Extract<Place, { message: number }>): string {
  const result = request.messages[place.message]?.content[place.block ?? 0]
  const isPart = place.inner !== undefined && place.inner > 0 && result?.type === 'tool_result'
  return isPart ? `/parts/${place.inner - 1}` : '/response'
}

/** Where each tool stands, in the order `readTools` gives them. */
function toolPointers(tools: readonly unknown[]): string[] {
  return tools.flatMap((tool, index) => {
    const pointer = `/tools/${index}`
    if (!isRecord(tool) || !Array.isArray(tool['functionDeclarations'])) return [pointer]
    const functions = tool['functionDeclarations'].map((_, nth) => `${pointer}/functionDeclarations/${nth}`)
    return Object.keys(tool).length > 1 ? [...functions, pointer] : functions
  })
}
