import { agentRules } from '../checks/agent-rules.ts'
import { configRules } from '../checks/config-rules.ts'
import { disposeRules } from '../checks/dispose-rules.ts'
import { hookRules } from '../checks/hook-rules.ts'
import { manifestRules } from '../checks/manifest-rules.ts'
import { permissionRules } from '../checks/permission-rules.ts'
import { providerRules } from '../checks/provider-rules.ts'
import { reloadRules } from '../checks/reload-rules.ts'
import { routeRules } from '../checks/route-rules.ts'
import { setupRules } from '../checks/setup-rules.ts'
import { toolRules } from '../checks/tool-rules.ts'
import type { PluginInput } from '../host/create-test-host.ts'
import { skip, toCheck } from './check.ts'
import type { Check, Rule } from './check.ts'
import type { ContractOptions } from './options.ts'
import { Subject } from './subject.ts'

const rules: readonly Rule<Subject>[] = [
  ...manifestRules,
  ...configRules,
  ...setupRules,
  ...toolRules,
  ...hookRules,
  ...routeRules,
  ...disposeRules,
  ...reloadRules,
  ...permissionRules,
  ...providerRules,
  ...agentRules,
]

/** The ids and titles of all checks, in the order they run. */
export const contractRules: readonly { readonly id: string; readonly title: string }[] = rules.map(
  ({ id, title }) => ({ id, title }),
)

/**
 * What a plugin must keep to, as checks to be run one after another. The plugin is loaded by the checks that need it,
 * each in a host of its own. Throws where `skip` names no check.
 */
export function contract(plugin: PluginInput, options: ContractOptions = {}): readonly Check[] {
  const reasons = options.skip ?? {}
  const unknown = Object.keys(reasons).find((id) => !rules.some((rule) => rule.id === id))
  if (unknown !== undefined) throw new Error(`there is no check ${unknown} to skip`)
  const subject = new Subject(plugin, options)
  return rules.map((rule) => {
    const reason = reasons[rule.id]
    return toCheck(reason === undefined ? rule : { ...rule, run: async () => skip(reason) }, subject)
  })
}
