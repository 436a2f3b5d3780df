import { PluginError } from '@agentproxy/plugin'
import type { JsonSchema, StandardSchema } from '@agentproxy/plugin'
import { fail, skip } from '../contract/check.ts'
import type { Rule } from '../contract/check.ts'
import { messageOf } from '../contract/message-of.ts'
import type { RecordedTool } from '../contract/recorder.ts'
import type { Bench, Subject } from '../contract/subject.ts'
import { issuesOf } from './config-rules.ts'

const TOOL_NAME = /^[\w.-]{1,128}$/
const TYPES: ReadonlySet<unknown> = new Set([
  'string',
  'number',
  'integer',
  'boolean',
  'object',
  'array',
  'null',
])

function toolsOf({ recorder }: Bench): readonly RecordedTool[] {
  return recorder.tools.length === 0 ? skip('it has no tools') : recorder.tools
}

function isStandard(schema: StandardSchema | JsonSchema): schema is StandardSchema {
  return '~standard' in schema
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** What is wrong with parameters written as JSON Schema, or null. */
function schemaProblem(schema: JsonSchema): string | null {
  const { type, properties = {}, required = [] } = schema
  if (type !== undefined && type !== 'object') return `its type is ${JSON.stringify(type)}, not "object"`
  if (!isRecord(properties)) return 'its properties are no object'
  for (const [name, rules] of Object.entries(properties)) {
    if (typeof rules === 'boolean') continue
    if (!isRecord(rules)) return `its property ${name} is no schema`
    const types = Array.isArray(rules['type']) ? (rules['type'] as unknown[]) : [rules['type'] ?? 'object']
    const unknown = types.find((one) => !TYPES.has(one))
    if (unknown !== undefined) return `its property ${name} has the type ${JSON.stringify(unknown)}`
    if (rules['enum'] !== undefined && !Array.isArray(rules['enum'])) return `the enum of ${name} is no list`
  }
  if (!Array.isArray(required)) return 'its required is no list'
  const absent = required.find((name) => typeof name !== 'string' || !(name in properties))
  return absent === undefined
    ? null
    : `it requires ${JSON.stringify(absent)}, which is none of its properties`
}

export const toolRules: readonly Rule<Subject>[] = [
  {
    id: 'tools.described',
    title: 'every tool has a name and a description a model can choose it by',
    async run(subject) {
      await using bench = await subject.open()
      for (const { name, tool } of toolsOf(bench)) {
        if (!TOOL_NAME.test(name))
          fail(`the tool name ${JSON.stringify(name)} has other than letters, digits, . _ -`)
        if (typeof tool.description !== 'string' || tool.description.trim() === '')
          fail(`tool ${name} has no description; a model knows it by that alone`)
      }
    },
  },
  {
    id: 'tools.schema',
    title: "every tool's parameters are a schema",
    async run(subject) {
      await using bench = await subject.open()
      for (const { name, tool } of toolsOf(bench)) {
        const schema = tool.parameters as unknown
        if (!isRecord(schema)) fail(`the parameters of tool ${name} are no schema`)
        if (isStandard(schema)) {
          for (const value of [{}, 'text', { a: { b: [] } }]) await issuesOf(schema, value)
          continue
        }
        const problem = schemaProblem(schema)
        if (problem !== null)
          fail(`the parameters of tool ${name} are no JSON Schema of an object: ${problem}`)
      }
    },
  },
  {
    id: 'tools.refuse',
    title: 'every tool refuses parameters that are no object, and does not run',
    async run(subject) {
      await using bench = await subject.open()
      bench.recorder.armed = false
      for (const { name } of toolsOf(bench)) {
        for (const bad of ['text', 42, ['list']]) {
          const refusal: unknown = await bench.host.tool(name, bad).catch((thrown: unknown) => thrown)
          if (bench.recorder.heldBack.includes(name))
            fail(`tool ${name} would run with the parameters ${JSON.stringify(bad)}; take an object schema`)
          if (!PluginError.is(refusal) || refusal.code !== 'TOOL_INPUT_INVALID')
            fail(
              `tool ${name} refuses ${JSON.stringify(bad)} otherwise than by its schema: ${messageOf(refusal)}`,
            )
        }
      }
    },
  },
]
