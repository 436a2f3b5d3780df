import { WireReadError } from '../errors.ts'
import { arrayAt, isRecord, optionalString, recordAt } from '../json/json-record.ts'
import type { LossReport } from '../loss.ts'
import type { ModelMessage, ModelRequest, SystemMessage } from '../model/request.ts'
import { createCallIds } from '../model/call-ids.ts'
import type { CallIds } from '../model/call-ids.ts'
import { camelCased } from './camel-case.ts'
import { geminiExtras } from './extras.ts'
import { readConfig } from './read-config.ts'
import { readPart } from './read-part.ts'
import { readToolConfig, readTools } from './read-tools.ts'
import { GeminiSource } from './source.ts'

/**
 * Reads the body of `POST /v1beta/models/{model}:generateContent`. Model and stream are in the URL: `model` is '' and
 * `stream` false, for the caller to fill in. Nothing is lost: what is not known rides along.
 */
export function readGeminiRequest(body: unknown, _loss: LossReport): ModelRequest {
  const document = recordAt(body, '')
  const { model, contents, systemInstruction, tools, ...others } = camelCased(document)
  const { toolConfig, generationConfig, ...rest } = others
  const config = readConfig(generationConfig)
  const choice = readToolConfig(toolConfig)
  const ids = createCallIds()
  return {
    source: new GeminiSource(document, tools),
    model: optionalString(model, '/model') ?? '',
    stream: false,
    system: readSystem(systemInstruction),
    messages: arrayAt(contents, '/contents').map((content, index) =>
      readContent(content, `/contents/${index}`, ids),
    ),
    tools: readTools(tools),
    toolChoice: choice.toolChoice,
    ...config.fields,
    extras: geminiExtras(rest, { generationConfig: config.rest, toolConfig: choice.rest }, config.spelling),
  }
}

function readSystem(value: unknown): SystemMessage[] {
  if (value === undefined || value === null) return []
  if (typeof value === 'string') return [{ role: 'system', content: [{ type: 'text', text: value }] }]
  const { parts, ...rest } = recordAt(value, '/systemInstruction')
  const content = arrayAt(parts ?? [], '/systemInstruction/parts').map((part, index) =>
    readPart(part, `/systemInstruction/parts/${index}`, createCallIds()),
  )
  // Whoever is named as its speaker, it is the system's.
  return [{ role: 'system', content, extras: geminiExtras(rest, {}, ['role']) }]
}

function readContent(value: unknown, pointer: string, ids: CallIds): ModelMessage {
  const { role, parts, ...rest } = recordAt(value, pointer)
  const content = arrayAt(parts ?? [], `${pointer}/parts`).map((part, index) =>
    readPart(part, `${pointer}/parts/${index}`, ids),
  )
  return { role: readRole(role, pointer), content, extras: geminiExtras(rest) }
}

function readRole(value: unknown, pointer: string): ModelMessage['role'] {
  switch (value) {
    case 'model':
      return 'assistant'
    case 'function':
      return 'tool'
    case 'user':
    case undefined:
    case null:
      return 'user'
    default: {
      const found = isRecord(value) ? 'an object' : `"${String(value)}"`
      throw new WireReadError('WRONG_TYPE', `${pointer}/role`, `${found} is not user, model or function`)
    }
  }
}
