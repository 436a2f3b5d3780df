import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { fail, skip } from '../contract/check.ts'
import type { Rule } from '../contract/check.ts'
import { exercise } from '../contract/exercise.ts'
import { HandleWatch } from '../contract/open-handles.ts'
import { Recorder } from '../contract/recorder.ts'
import type { Subject } from '../contract/subject.ts'

/** Node's own fetch tells of each request here. */
const REQUESTS = 'undici:request:create'

interface Permissions {
  readonly network: readonly unknown[]
  readonly events: readonly unknown[]
  readonly tools: readonly unknown[]
}

/** Whatever is left out, or false, is closed. */
function read(declared: unknown): Permissions {
  const { network, events, tools } = (declared ?? {}) as Readonly<Record<string, unknown>>
  return { network: list(network), events: list(events), tools: list(tools) }
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** The hosts that code run through `watch` sends requests to while `work` runs. */
async function hostsDuring(watch: HandleWatch, work: () => Promise<void>): Promise<ReadonlySet<string>> {
  const hosts = new Set<string>()
  const onRequest = (message: unknown): void => {
    const { origin } = (message as { readonly request: { readonly origin: string | URL } }).request
    if (watch.inside) hosts.add(new URL(origin).host)
  }
  subscribe(REQUESTS, onRequest)
  try {
    await work()
  } finally {
    unsubscribe(REQUESTS, onRequest)
  }
  return hosts
}

export const permissionRules: readonly Rule<Subject>[] = [
  {
    id: 'permissions.declared',
    title: 'it sends requests, hears events and adds tools only as its manifest declares',
    async run(subject) {
      const declared = ((await subject.definition()) as { readonly permissions?: unknown }).permissions
      if (declared === undefined) skip('its manifest declares no permissions')
      const allowed = read(declared)
      using watch = new HandleWatch()
      const recorder = new Recorder((work) => watch.run(work))
      const hosts = await hostsDuring(watch, async () => {
        await using bench = await subject.open({ recorder })
        await exercise(bench, subject.limitMs)
      })
      for (const host of hosts)
        if (!allowed.network.includes(host))
          fail(`it sends requests to ${host}; add that to permissions.network`)
      for (const event of recorder.events)
        if (!allowed.events.includes(event)) fail(`it takes part in ${event}; add that to permissions.events`)
      const { name } = await subject.definition()
      for (const tool of recorder.tools)
        if (!tool.name.startsWith(`${name}.`) && !allowed.tools.includes(tool.name))
          fail(
            `it adds the tool ${tool.name}, which has another name than ${name}.*; add it to permissions.tools`,
          )
    },
  },
]
