import { PluginError } from '@agentproxy/plugin'

export interface GraphNode {
  readonly name: string
  readonly dependencies: readonly string[]
}

export interface LoadPlan {
  /** Dependencies first, otherwise as given. */
  readonly order: readonly string[]
  /** Why the others cannot be loaded. */
  readonly problems: ReadonlyMap<string, PluginError>
}

/** Orders plugins by their dependencies. `available` names those that are active already. */
export function planOrder(nodes: readonly GraphNode[], available: ReadonlySet<string> = new Set()): LoadPlan {
  const byName = new Map(nodes.map((node) => [node.name, node]))
  const problems = new Map<string, PluginError>()
  const order = new Set<string>()

  const visit = (node: GraphNode, path: readonly string[]): void => {
    if (order.has(node.name) || problems.has(node.name)) return
    const start = path.indexOf(node.name)
    if (start >= 0) {
      const cycle = path.slice(start)
      for (const member of cycle) problems.set(member, cycleError(member, [...cycle, node.name]))
      return
    }
    for (const name of node.dependencies) {
      const dependency = byName.get(name)
      if (dependency !== undefined) visit(dependency, [...path, node.name])
      const missing = dependency === undefined && !available.has(name)
      if (problems.has(node.name)) continue
      if (missing) problems.set(node.name, dependencyError(node.name, name, 'is not loaded'))
      const broken = problems.get(name)
      if (broken !== undefined)
        problems.set(node.name, dependencyError(node.name, name, `failed: ${broken.message}`))
    }
    if (!problems.has(node.name)) order.add(node.name)
  }

  for (const node of nodes) visit(node, [])
  return { order: [...order], problems }
}

/** The names that need `name`, directly or not, dependencies first. */
export function dependentsOf(name: string, nodes: readonly GraphNode[]): readonly string[] {
  const found = new Set([name])
  for (let size = 0; size !== found.size;) {
    size = found.size
    for (const node of nodes)
      if (node.dependencies.some((dependency) => found.has(dependency))) found.add(node.name)
  }
  return planOrder(nodes).order.filter((other) => other !== name && found.has(other))
}

/** Why a plugin cannot be loaded: one it needs is not there. */
export function dependencyError(plugin: string, dependency: string, why: string): PluginError {
  return new PluginError('DEPENDENCY_MISSING', `plugin ${plugin} needs plugin ${dependency}, which ${why}`, {
    plugin,
  })
}

function cycleError(plugin: string, chain: readonly string[]): PluginError {
  return new PluginError(
    'DEPENDENCY_CYCLE',
    `plugin ${plugin} is part of a dependency cycle: ${chain.join(' -> ')}`,
    { plugin },
  )
}
