const PLACEHOLDER = /\$\{captures\.(\w+)\}/g

/** What the scenario's capture patterns found in the conversation, by name. */
export type Captures = Readonly<Record<string, string>>

export function findCaptures(patterns: Readonly<Record<string, RegExp>>, text: string): Captures {
  const found = Object.entries(patterns).flatMap(([name, pattern]) => {
    const value = pattern.exec(text)?.[1]
    return value === undefined ? [] : [[name, value] as const]
  })
  return Object.fromEntries(found)
}

/** `template` with its placeholders filled in, also inside objects and lists; null when a capture was not found. */
export function fillCaptures<T>(template: T, captures: Captures): T | null {
  const missing: string[] = []
  const filled = fill(template, (name) => {
    const value = captures[name]
    if (value === undefined) missing.push(name)
    return value ?? ''
  })
  return missing.length > 0 ? null : (filled as T)
}

function fill(value: unknown, lookup: (name: string) => string): unknown {
  if (typeof value === 'string') return value.replace(PLACEHOLDER, (_match, name: string) => lookup(name))
  if (Array.isArray(value)) return value.map((item) => fill(item, lookup))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fill(item, lookup)]))
}
