import { readdirSync, readFileSync } from 'node:fs'
import { extname, join, parse } from 'node:path'
import { parseDocument } from 'yaml'
import { SimulatorError } from '../simulator-error.ts'
import { scenarioSchema } from './scenario.ts'
import type { Scenario } from './scenario.ts'

/** Scenarios by model name: the file's name without `.yaml`. */
export type Catalog = ReadonlyMap<string, Scenario>

/** Reads every `*.yaml` of the folders. Throws `SimulatorError` `SCENARIO_INVALID` naming the file and the place in it. */
export function loadScenarios(folders: readonly string[]): Catalog {
  const files = new Map<string, string>()
  const scenarios = new Map<string, Scenario>()
  for (const file of folders.flatMap(listScenarioFiles)) {
    const model = parse(file).name
    const earlier = files.get(model)
    if (earlier !== undefined)
      throw invalid(file, `there is already a scenario "${model}" in ${earlier}; rename one of them`)
    files.set(model, file)
    scenarios.set(model, readScenario(file))
  }
  return new Map(
    [...files].map(([model, file]) => [model, withContinuation({ scenarios, file, model, seen: [] })]),
  )
}

function listScenarioFiles(folder: string): readonly string[] {
  try {
    const names = readdirSync(folder).filter((name) => extname(name) === '.yaml')
    return names.toSorted().map((name) => join(folder, name))
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error)
    const text = `The scenario folder ${folder} cannot be read: ${detail}. Check the plugin's "scenarios" setting.`
    throw new SimulatorError('SCENARIO_INVALID', text, { cause: error })
  }
}

function readScenario(file: string): Scenario {
  const document = parseDocument(readFileSync(file, 'utf8'))
  const broken = document.errors[0]
  if (broken !== undefined) throw invalid(file, broken.message)
  const result = scenarioSchema.safeParse(document.toJS())
  if (result.success) return result.data
  const issues = result.error.issues.map((issue) => `${showPath(issue.path)}: ${issue.message}`)
  throw invalid(file, issues.join('; '))
}

interface Continuation {
  readonly scenarios: ReadonlyMap<string, Scenario>
  readonly file: string
  readonly model: string
  readonly seen: readonly string[]
}

function withContinuation({ scenarios, file, model, seen }: Continuation): Scenario {
  const scenario = scenarios.get(model)
  if (scenario === undefined) throw invalid(file, `continues: there is no scenario "${model}"`)
  if (scenario.continues === undefined) return scenario
  if (seen.includes(model))
    throw invalid(file, `continues: "${[...seen, model].join('" -> "')}" goes round in a circle`)
  const next = withContinuation({ scenarios, file, model: scenario.continues, seen: [...seen, model] })
  return {
    ...scenario,
    captures: { ...next.captures, ...scenario.captures },
    steps: [...scenario.steps, ...next.steps],
  }
}

function showPath(path: readonly PropertyKey[]): string {
  if (path.length === 0) return 'the file'
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '')
}

function invalid(file: string, problem: string): SimulatorError {
  return new SimulatorError('SCENARIO_INVALID', `${file} is not a scenario: ${problem}`)
}
