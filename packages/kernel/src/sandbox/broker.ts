import { PluginError } from '@agentproxy/plugin'
import type { Logger, PluginEvents } from '@agentproxy/plugin'
import { textOf } from '../text-of.ts'
import type { SandboxLimit } from './engine.ts'
import { denied } from './denied.ts'
import type { Lookup } from './guarded-fetch.ts'
import { readGuarded, writeGuarded } from './guarded-files.ts'
import type { GuestMessage, GuestRequest } from './guest-message.ts'
import type { Grants } from './permissions.ts'
import { RateMeter } from './rate-meter.ts'
import type { SandboxLimits } from './resources.ts'

const MAX_OPEN_REQUESTS = 32

export interface BrokerOptions {
  readonly grants: Grants
  readonly limits: SandboxLimits
  readonly log: Logger
  readonly events: PluginEvents
  /** Aborted when the plugin goes. */
  readonly signal: AbortSignal
  readonly lookup?: Lookup | undefined
  readonly violated: (limit: SandboxLimit, detail: string) => void
}

/** Does for a guest what its permissions allow, and refuses the rest; the same for every engine. */
export class Broker {
  readonly #options: BrokerOptions
  readonly #emitted: RateMeter
  #open = 0
  #denials = 0
  readonly #told = new Set<string>()

  constructor(options: BrokerOptions) {
    this.#options = options
    this.#emitted = new RateMeter(options.limits.eventsPerSecond)
  }

  /** How often something was asked for that was not granted. */
  get denials(): number {
    return this.#denials
  }

  hear(message: GuestMessage, reply: (text: string) => void): void {
    const { log, limits, grants, events, violated } = this.#options
    switch (message.op) {
      case 'log':
        // Apart from the host's own fields, so that it cannot speak under the name of another plugin.
        return log[message.level](message.message, { guest: message.fields })
      case 'emit':
        if (!this.#emitted.take(1))
          return violated('events', `it emitted more than ${limits.eventsPerSecond} events in a second`)
        if (grants.events.has(message.name)) return events.emit(message.name, message.event)
        return this.refused(denied(`event ${message.name} is not in permissions.events`))
      case 'request':
        void this.#answer(message.id, message.request, reply)
    }
  }

  /** Counts a refusal; the first of its kind is logged, the others would only fill the log. */
  refused(error: PluginError): void {
    this.#denials += 1
    const kind = error.message.replace(/"[^"]*"/g, '')
    if (this.#told.size >= 20 || this.#told.has(kind)) return
    this.#told.add(kind)
    this.#options.log.warn('a sandboxed plugin was refused something', {
      code: error.code,
      reason: error.message,
    })
  }

  async #answer(id: number, request: GuestRequest, reply: (text: string) => void): Promise<void> {
    this.#open += 1
    try {
      if (this.#open > MAX_OPEN_REQUESTS)
        throw denied(`more than ${MAX_OPEN_REQUESTS} requests at once are not served`)
      reply(JSON.stringify({ op: 'reply', id, ok: true, value: await this.#serve(request) }))
    } catch (thrown) {
      const refused = PluginError.is(thrown)
      if (refused) this.refused(thrown)
      const error = { code: refused ? thrown.code : 'FAILED', message: textOf(thrown) }
      reply(JSON.stringify({ op: 'reply', id, ok: false, error }))
    } finally {
      this.#open -= 1
    }
  }

  async #serve(request: GuestRequest): Promise<unknown> {
    const { grants, limits, signal, lookup } = this.#options
    switch (request.kind) {
      case 'fetch': {
        const limited = AbortSignal.any([signal, AbortSignal.timeout(limits.timeoutMs)])
        // Loaded only here: few plugins are sandboxed, and fewer of them fetch.
        const { guardedFetch } = await import('./guarded-fetch.ts')
        return guardedFetch(request, { hosts: grants.hosts, signal: limited, lookup })
      }
      case 'read':
        return readGuarded(request.path, grants.read)
      case 'write':
        return writeGuarded(request.path, request.text, grants.write)
    }
  }
}
