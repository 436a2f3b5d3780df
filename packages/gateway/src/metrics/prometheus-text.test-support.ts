export interface ParsedFamily {
  readonly type: string
  readonly help: string
  readonly samples: {
    readonly name: string
    readonly labels: Record<string, string>
    readonly value: number
  }[]
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*/
const VALUE = /^(?:[+-]?Inf|NaN|[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/

/** Reads the Prometheus text format 0.0.4 and takes no liberty: HELP, TYPE, then that family's samples, each family once. */
export function parsePrometheus(text: string): Map<string, ParsedFamily> {
  const families = new Map<string, ParsedFamily>()
  if (!text.endsWith('\n')) throw new Error('the last line does not end')
  const lines = text.slice(0, -1).split('\n')
  let current: { readonly name: string; readonly family: ParsedFamily } | null = null
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index] ?? ''
    const [, helped = '', help = ''] = /^# HELP (\S+) (.*)$/.exec(line) ?? []
    if (helped !== '') {
      const [, typed = '', type = ''] =
        /^# TYPE (\S+) (counter|gauge|histogram)$/.exec(lines[index + 1] ?? '') ?? []
      if (typed !== helped) throw new Error(`no TYPE after: ${line}`)
      if (families.has(helped)) throw new Error(`twice: ${helped}`)
      current = { name: helped, family: { type, help, samples: [] } }
      families.set(helped, current.family)
      index += 1
      continue
    }
    if (current === null) throw new Error(`a sample before its family: ${line}`)
    const sample = parseSample(line)
    const suffix = sample.name.slice(current.name.length)
    const suffixes = current.family.type === 'histogram' ? ['_bucket', '_sum', '_count'] : ['']
    if (!sample.name.startsWith(current.name) || !suffixes.includes(suffix))
      throw new Error(`${sample.name} is not of ${current.name}`)
    current.family.samples.push(sample)
  }
  return families
}

function parseSample(line: string): ParsedFamily['samples'][number] {
  const name = NAME.exec(line)?.[0] ?? ''
  let rest = line.slice(name.length)
  if (name === '') throw new Error(`no name: ${line}`)
  const labels: Record<string, string> = {}
  if (rest.startsWith('{')) {
    rest = rest.slice(1)
    while (!rest.startsWith('}')) {
      const match = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(,?)/.exec(rest)
      if (match === null) throw new Error(`a bad label at: ${rest}`)
      const [whole, key = '', value = '', comma] = match
      if (Object.hasOwn(labels, key)) throw new Error(`the label ${key} twice`)
      labels[key] = value.replaceAll(/\\(.)/g, (_all, char: string) => (char === 'n' ? '\n' : char))
      rest = rest.slice(whole.length)
      if (comma === '' && !rest.startsWith('}')) throw new Error(`no comma at: ${rest}`)
    }
    rest = rest.slice(1)
  }
  const value = rest.slice(1)
  if (!rest.startsWith(' ') || !VALUE.test(value)) throw new Error(`a bad value: ${line}`)
  return { name, labels, value: Number(value.replace('Inf', 'Infinity')) }
}
