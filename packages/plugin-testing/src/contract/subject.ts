import { readDefinition, readExport } from '@agentproxy/kernel'
import type { PluginFailure, PluginInfo } from '@agentproxy/kernel'
import type { PluginDefinition } from '@agentproxy/plugin'
import { createTestHost } from '../host/create-test-host.ts'
import type { PluginInput, TestHost } from '../host/create-test-host.ts'
import { skip } from './check.ts'
import type { ContractOptions } from './options.ts'
import { Recorder } from './recorder.ts'

const LIMIT_MS = 10_000

/** The plugin, loaded and watched, in a host of its own. */
export interface Bench extends AsyncDisposable {
  readonly host: TestHost
  readonly name: string
  readonly info: PluginInfo
  readonly recorder: Recorder
}

/** What the host reported of the plugin itself, and not of those it depends on. */
export function failuresOf({ host, name }: Bench): readonly PluginFailure[] {
  return host.failures.filter(({ plugin }) => plugin === name)
}

export interface StartOptions {
  readonly recorder?: Recorder
  /** Default: the one from the options of the contract. */
  readonly config?: unknown
  /** Without the plugins it depends on. Default false. */
  readonly alone?: boolean
}

/** The plugin a contract is about. What several checks need to know is found out once. */
export class Subject {
  readonly options: ContractOptions
  readonly limitMs: number
  readonly #input: PluginInput
  #made: Promise<unknown> | null = null
  #definition: Promise<PluginDefinition> | null = null
  #trials: Promise<readonly unknown[]> | null = null

  constructor(input: PluginInput, options: ContractOptions) {
    this.#input = input
    this.options = options
    this.limitMs = options.limitMs ?? LIMIT_MS
  }

  get origin(): string {
    return typeof this.#input === 'string' ? this.#input : 'given'
  }

  /** What was given or exported, made an instance if it is a class, and not checked. */
  made(): Promise<unknown> {
    this.#made ??= this.#make()
    return this.#made
  }

  /** Skips the check where there is none; `plugin.loads` and the manifest's checks say why. */
  async definition(): Promise<PluginDefinition> {
    this.#definition ??= this.made().then((made) => readDefinition(made, this.origin))
    return this.#definition.catch(() => skip('it cannot be read; see plugin.loads and manifest.*'))
  }

  /** What the first and the second setup in this process failed with, or undefined. */
  trials(): Promise<readonly unknown[]> {
    this.#trials ??= this.#try()
    return this.#trials
  }

  /** Loads it. Skips the check where that cannot be done; `setup.*` say why. */
  async open(options: StartOptions = {}): Promise<Bench> {
    await this.mustSetUp()
    return this.start(options)
  }

  /** Skips the check where the plugin cannot be set up twice in a row. */
  async mustSetUp(): Promise<void> {
    const trials = await this.trials()
    if (trials.some((thrown) => thrown !== undefined))
      skip('it cannot be set up; see setup.deadline and setup.twice')
  }

  /** Loads it; rejects with what the host says. */
  async start(options: StartOptions = {}): Promise<Bench> {
    const { recorder = new Recorder() } = options
    const definition = await this.definition()
    const host = await this.hostOf(recorder.watch(definition), options)
    return {
      host,
      name: definition.name,
      info: host.manager.getPlugin(definition.name),
      recorder,
      [Symbol.asyncDispose]: () => host[Symbol.asyncDispose](),
    }
  }

  /** A host with this definition and what it depends on. */
  async hostOf(definition: PluginDefinition, options: StartOptions = {}): Promise<TestHost> {
    const { plugins = [], pluginConfig = {}, secrets = {} } = this.options
    const config = 'config' in options ? options.config : this.options.config
    return createTestHost({
      plugins: options.alone === true ? [definition] : [...plugins, definition],
      config: { ...pluginConfig, [definition.name]: config },
      secrets: { [definition.name]: secrets },
      setupTimeoutMs: this.limitMs,
    })
  }

  async #make(): Promise<unknown> {
    const value = typeof this.#input === 'string' ? await readExport(this.#input, process.cwd()) : this.#input
    return typeof value === 'function' ? new (value as new () => unknown)() : value
  }

  async #try(): Promise<readonly unknown[]> {
    await this.definition()
    const outcome = async (): Promise<unknown> => {
      try {
        const bench = await this.start()
        await bench[Symbol.asyncDispose]()
        return undefined
      } catch (thrown) {
        return thrown ?? new Error('it threw nothing')
      }
    }
    const first = await outcome()
    return first === undefined ? [first, await outcome()] : [first]
  }
}
