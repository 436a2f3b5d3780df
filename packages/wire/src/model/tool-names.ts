import { createHash } from 'node:crypto'
import type { WireFormat } from './format-name.ts'
import type { ModelTool } from './request.ts'

type NamedTool = Exclude<ModelTool, { readonly type: 'opaque' }>

interface NameRule {
  readonly legal: RegExp
  readonly foreign: RegExp
  readonly maxLength: number
}

// What each vendor refuses says its rule: `^[a-zA-Z0-9_-]{1,128}$` at Anthropic, `^[a-zA-Z0-9_-]+$` and 64 characters at
// OpenAI; Gemini takes dots and colons too, but no digit first (https://ai.google.dev/api/caching#FunctionDeclaration).
const RULES: Readonly<Record<WireFormat, NameRule>> = {
  anthropic: { legal: /^[a-zA-Z0-9_-]{1,128}$/, foreign: /[^a-zA-Z0-9_-]/g, maxLength: 128 },
  'openai-chat': { legal: /^[a-zA-Z0-9_-]{1,64}$/, foreign: /[^a-zA-Z0-9_-]/g, maxLength: 64 },
  'openai-responses': { legal: /^[a-zA-Z0-9_-]{1,64}$/, foreign: /[^a-zA-Z0-9_-]/g, maxLength: 64 },
  gemini: { legal: /^[a-zA-Z_][a-zA-Z0-9_.:-]{0,63}$/, foreign: /[^a-zA-Z0-9_.:-]/g, maxLength: 64 },
}
const HASH_LENGTH = 8

/** A name `target` takes. An illegal one is cleaned, cut and given a hash of the whole, always the same. */
export function fitToolName(name: string, target: WireFormat): string {
  const { legal, foreign, maxLength } = RULES[target]
  if (legal.test(name)) return name
  const hash = createHash('sha256').update(name).digest('hex').slice(0, HASH_LENGTH)
  const clean = name.replaceAll(foreign, '_').replace(/^(?![a-zA-Z_])/, '_')
  return `${clean.slice(0, maxLength - HASH_LENGTH - 1)}_${hash}`
}

/** Finds the client's tool by the name a model calls it by: its own, or the one it was given for some vendor. */
export type FindTool = (calledName: string) => NamedTool | undefined

export function createFindTool(tools: readonly ModelTool[] | undefined): FindTool {
  if (tools === undefined) return () => undefined
  let byName: Map<string, NamedTool> | null = null
  return (calledName) => {
    byName ??= nameTools(tools)
    return byName.get(calledName)
  }
}

function nameTools(tools: readonly ModelTool[]): Map<string, NamedTool> {
  const named = tools.filter((tool) => tool.type !== 'opaque')
  const byName = new Map<string, NamedTool>()
  for (const target of Object.keys(RULES) as WireFormat[])
    for (const tool of named) byName.set(fitToolName(tool.name, target), tool)
  for (const tool of named) byName.set(tool.name, tool)
  return byName
}
