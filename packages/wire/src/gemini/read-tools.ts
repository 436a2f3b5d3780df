import { arrayAt, isRecord, optionalString, recordAt, stringAt } from '../json/json-record.ts'
import type { JsonRecord } from '../json/json-record.ts'
import type { ModelTool, ToolChoice } from '../model/request.ts'
import { geminiExtras } from './extras.ts'
import { readSchema } from './read-schema.ts'

/** The functions of all groups in order; what else an entry says, such as `googleSearch`, is a tool of its own. */
export function readTools(value: unknown): ModelTool[] | undefined {
  if (value === undefined || value === null) return undefined
  return arrayAt(value, '/tools').flatMap((entry, index) => {
    const pointer = `/tools/${index}`
    const { functionDeclarations, ...rest } = recordAt(entry, pointer)
    const list = Array.isArray(functionDeclarations) ? functionDeclarations : []
    const functions = list.map((one, nth) => readFunction(one, `${pointer}/functionDeclarations/${nth}`))
    const [name] = Object.keys(rest)
    if (name === undefined && Array.isArray(functionDeclarations)) return functions
    return [
      ...functions,
      { type: 'opaque' as const, format: 'gemini' as const, name: name ?? null, value: rest },
    ]
  })
}

function readFunction(value: unknown, pointer: string): ModelTool {
  const { name, description, ...rest } = recordAt(value, pointer)
  const schema = rest['parametersJsonSchema'] ?? rest['parameters']
  return {
    type: 'function',
    name: stringAt(name, `${pointer}/name`),
    description: optionalString(description, `${pointer}/description`),
    parameters: isRecord(schema) ? readSchema(schema) : undefined,
    // The schema rides along too: Gemini gets it back in the words it came in.
    extras: geminiExtras(rest, {}, ['parametersJsonSchema', 'parameters']),
  }
}

/** `toolConfig`, and what of it was not understood. Of several allowed functions only that one must be called is read. */
export function readToolConfig(value: unknown): { toolChoice?: ToolChoice; rest: JsonRecord } {
  if (!isRecord(value)) return { rest: {} }
  const { functionCallingConfig, ...rest } = value
  if (!isRecord(functionCallingConfig)) return { rest: value }
  const { mode, allowedFunctionNames: allowed, ...unread } = functionCallingConfig
  const names: readonly unknown[] = Array.isArray(allowed) ? allowed : []
  const [only] = names
  if (Object.keys(unread).length === 0) {
    if (mode === 'ANY' && names.length === 1 && typeof only === 'string')
      return { toolChoice: { mode: 'tool', name: only }, rest }
    const known = mode === 'AUTO' ? 'auto' : mode === 'ANY' ? 'required' : mode === 'NONE' ? 'none' : null
    if (known !== null) {
      const inner = allowed === undefined ? {} : { functionCallingConfig: { allowedFunctionNames: allowed } }
      return { toolChoice: { mode: known }, rest: { ...rest, ...inner } }
    }
  }
  return { toolChoice: { mode: 'opaque', format: 'gemini', value: functionCallingConfig }, rest }
}
