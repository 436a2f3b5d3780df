import type { PluginInfo } from '@agentproxy/kernel'
import type { Peers } from '../peers/peers.ts'
import type { PluginState } from './change-plugin.ts'

const LIMIT_MS = 5_000

/** How a plugin is in a process where it is otherwise than here. */
type ElsewhereView = Omit<PluginState, 'name'> & { readonly worker: number }

/** For a plugin of this process, where it is otherwise. */
export type Elsewhere = (info: PluginInfo) => { readonly elsewhere?: readonly ElsewhereView[] }

/** Asks the other processes how their plugins are. One that does not answer is left out: `GET /health` tells of it. */
export async function pluginsElsewhere(peers: Peers | null): Promise<Elsewhere> {
  const answers = (await peers?.ask('plugins', null, LIMIT_MS)) ?? []
  return ({ name, status }) => {
    const elsewhere = answers.flatMap((answer) => {
      if (!answer.ok) return []
      const there = answer.value.find((one) => one.name === name)
      if (there?.status === status) return []
      return [
        { worker: answer.from, status: there?.status ?? 'unloaded', reason: there?.reason ?? null } as const,
      ]
    })
    return elsewhere.length === 0 ? {} : { elsewhere }
  }
}
