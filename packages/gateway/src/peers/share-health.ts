import type { HealthReport } from '@agentproxy/kernel'
import type { HealthStatus } from '@agentproxy/plugin'
import type { Peers } from './peers.ts'

/** Longer than a plugin's check may take. */
const LIMIT_MS = 12_000
const RANK: Readonly<Record<HealthStatus, number>> = { pass: 0, warn: 1, fail: 2 }

type PluginHealth = HealthReport['plugins'][string]

/** How the plugins of all processes are: of each the worst that any of them says. A process that does not answer has failed. */
export function shareHealth(
  check: () => Promise<HealthReport>,
  peers: Peers | null,
): () => Promise<HealthReport> {
  if (peers === null) return check
  peers.asked('health', check)
  return async () => {
    const [own, answers] = await Promise.all([check(), peers.ask('health', null, LIMIT_MS)])
    return answers.reduce(
      (all, answer) =>
        worse(all, answer.ok ? marked(answer.value, answer.from) : silent(answer.from, answer.reason)),
      own,
    )
  }
}

function worse(all: HealthReport, next: HealthReport): HealthReport {
  const plugins: Record<string, PluginHealth> = { ...all.plugins }
  for (const [name, health] of Object.entries(next.plugins)) {
    const before = plugins[name]
    if (before === undefined || RANK[health.status] > RANK[before.status]) plugins[name] = health
  }
  return { ...all, plugins, status: RANK[next.status] > RANK[all.status] ? next.status : all.status }
}

function marked(report: HealthReport, worker: number): HealthReport {
  const plugins = Object.entries(report.plugins).map(([name, health]) => {
    const output = health.output === '' ? '' : `worker ${worker}: ${health.output}`
    return [name, { ...health, output }] as const
  })
  return { ...report, plugins: Object.fromEntries(plugins) }
}

function silent(worker: number, reason: string): HealthReport {
  const health = { status: 'fail', output: reason, details: {}, durationMs: LIMIT_MS } as const
  return { status: 'fail', checkedAt: Date.now(), plugins: { [`worker-${worker}`]: health } }
}
