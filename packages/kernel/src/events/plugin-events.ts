import { PluginError } from '@agentproxy/plugin'
import type { PluginEvents } from '@agentproxy/plugin'
import type { Generation } from '../lifecycle/generation.ts'
import type { HostServices } from '../lifecycle/host-services.ts'
import { textOf } from '../text-of.ts'
import type { Listener, Subscription } from './event-bus.ts'

/**
 * One generation's view of the bus. It hears only while it is live, so a reload never hears an event twice; its
 * subscriptions end with it, and what it emits afterwards is dropped with one warning.
 */
export function createPluginEvents(owner: Generation, host: HostServices): PluginEvents {
  const own = new Map<string, Map<Listener, () => void>>()
  let warned = false

  const subscribe = (event: string, listener: Listener, call: Listener): Disposable => {
    unsubscribe(event, listener)
    const subscription: Subscription = {
      listener: call,
      hears: () => owner.state === 'live',
      failed: (name, thrown) => host.report(listenerFailure(owner, name, thrown)),
    }
    if (owner.scope.disposed) return { [Symbol.dispose]: () => {} }
    host.bus.add(event, subscription)
    const forget = owner.scope.add(() => host.bus.remove(event, subscription))
    const listeners = own.get(event) ?? new Map<Listener, () => void>()
    own.set(event, listeners)
    const end = (): void => {
      host.bus.remove(event, subscription)
      forget[Symbol.dispose]()
      if (listeners.get(listener) === end) listeners.delete(listener)
    }
    listeners.set(listener, end)
    return { [Symbol.dispose]: end }
  }
  const unsubscribe = (event: string, listener: Listener): void => own.get(event)?.get(listener)?.()

  return {
    on: (name, listener) => subscribe(name, listener as Listener, listener as Listener),
    once: (name, listener) => {
      const call: Listener = (event) => {
        unsubscribe(name, listener as Listener)
        return (listener as Listener)(event)
      }
      return subscribe(name, listener as Listener, call)
    },
    off: (name, listener) => unsubscribe(name, listener as Listener),
    emit: (name, event) => {
      if (!owner.scope.disposed) return host.bus.emit(name, event)
      if (warned) return
      warned = true
      host.log.warn('an unloaded plugin still emits events; they are dropped', {
        plugin: owner.plugin,
        generation: owner.generation,
        event: name,
      })
    },
  }
}

function listenerFailure(owner: Generation, event: string, thrown: unknown) {
  const { plugin, generation } = owner
  const message = `plugin ${plugin} (generation ${generation}), listener of ${event}: failed: ${textOf(thrown)}`
  return { plugin, generation, error: new PluginError('HOOK_FAILED', message, { plugin, cause: thrown }) }
}
