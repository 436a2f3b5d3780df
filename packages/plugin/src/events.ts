/**
 * Plugin-to-plugin events with known payloads; a plugin adds its own by declaration merging:
 * `declare module '@agentproxy/plugin' { interface Events { 'data.produced': { value: number } } }`.
 */
export interface Events {
  'session.created': { readonly sessionId: string; readonly timestamp: number }
  'session.closed': { readonly sessionId: string; readonly createdAt: number; readonly timestamp: number }
  'tool.executed': {
    readonly tool: string
    readonly plugin: string
    /** Milliseconds. */
    readonly duration: number
    readonly success: boolean
    readonly timestamp: number
  }
}

/** The payload of an event; undeclared names carry `unknown`, so a typo shows at first use. */
export type EventPayload<Name extends string> = Name extends keyof Events ? Events[Name] : unknown

/** A plugin's own view of the bus: its subscriptions end with the plugin, what it emits after unload is dropped. */
export interface PluginEvents {
  on<Name extends string>(name: Name, listener: (event: EventPayload<Name>) => void): Disposable
  once<Name extends string>(name: Name, listener: (event: EventPayload<Name>) => void): Disposable
  off<Name extends string>(name: Name, listener: (event: EventPayload<Name>) => void): void
  emit<Name extends string>(name: Name, event: EventPayload<Name>): void
}
