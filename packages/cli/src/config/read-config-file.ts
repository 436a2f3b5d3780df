import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { CliError } from '../errors.ts'

const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

/** Reads one YAML, TOML or JSON file. An empty file is an empty object. Throws `CONFIG_INVALID` with file and place. */
export async function readConfigFile(file: string): Promise<unknown> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (cause) {
    throw new CliError('CONFIG_INVALID', `${file}: cannot be read (${(cause as Error).message})`, { cause })
  }
  let value: unknown
  try {
    value = await parse(file, text)
  } catch (cause) {
    const [line] = (cause as Error).message.split('\n')
    throw new CliError('CONFIG_INVALID', `${file}: ${line ?? 'cannot be parsed'}`, { cause })
  }
  refuseForbiddenKeys(file, value)
  return value ?? {}
}

async function parse(file: string, text: string): Promise<unknown> {
  switch (path.extname(file)) {
    case '.yaml':
    case '.yml': {
      const { parse: parseYaml } = await import('yaml')
      return parseYaml(text)
    }
    case '.toml': {
      const { parse: parseToml } = await import('smol-toml')
      return parseToml(text)
    }
    case '.json':
      return text.trim() === '' ? {} : JSON.parse(text)
    default:
      throw new Error('a configuration file ends in .yaml, .yml, .toml or .json')
  }
}

function refuseForbiddenKeys(file: string, value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  for (const key of Object.getOwnPropertyNames(value)) {
    if (!Array.isArray(value) && FORBIDDEN_KEYS.has(key)) {
      throw new CliError('CONFIG_INVALID', `${file}: the key "${key}" is not allowed`)
    }
    refuseForbiddenKeys(file, (value as Record<string, unknown>)[key])
  }
}
