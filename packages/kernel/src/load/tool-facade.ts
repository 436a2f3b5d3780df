import { randomUUID } from 'node:crypto'
import { parameterNames } from '../tools/json-schema.ts'
import type { AnyTool } from '../snapshot/snapshot.ts'

/**
 * The service of a class plugin that offers none: its tools as methods, by the last segment of their names where that
 * is unique (`analytics.getMetrics` is `getMetrics`) and by their full names. Arguments are mapped to the parameters in
 * the order of the schema's `properties`; a single object whose keys are all parameters is passed as it is.
 */
export function toolFacade(
  tools: ReadonlyMap<string, AnyTool>,
  signal: AbortSignal,
): Readonly<Record<string, (...args: readonly unknown[]) => Promise<unknown>>> {
  const service: Record<string, (...args: readonly unknown[]) => Promise<unknown>> = {}
  const segments = [...tools.keys()].map(lastSegment)
  for (const [name, tool] of tools) {
    const call = async (...args: readonly unknown[]): Promise<unknown> =>
      tool.execute(namedArguments(parameterNames(tool.parameters), args), {
        userId: null,
        requestId: randomUUID(),
        signal,
      })
    service[name] = call
    const segment = lastSegment(name)
    if (segments.filter((other) => other === segment).length === 1) service[segment] = call
  }
  return Object.freeze(service)
}

function namedArguments(names: readonly string[], args: readonly unknown[]): Record<string, unknown> {
  const [first] = args
  if (args.length === 1 && isPlainObject(first)) {
    const keys = Object.keys(first)
    if (names.length === 0 || (keys.length > 0 && keys.every((key) => names.includes(key)))) return first
  }
  const named = names.map((name, index) => [name, args[index]] as const)
  return Object.fromEntries(named.filter(([, value]) => value !== undefined))
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function lastSegment(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1)
}
