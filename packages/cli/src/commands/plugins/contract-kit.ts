import { CliError } from '../../errors.ts'

/** One check of the contract. */
export interface ContractCheck {
  readonly id: string
  readonly title: string
  readonly outcome: 'passed' | 'failed' | 'skipped'
  /** Why it failed or was skipped; null = it passed. */
  readonly reason: string | null
  readonly durationMs: number
}

/** How a plugin keeps the contract. */
export interface ContractReport {
  readonly plugin: string
  readonly checks: readonly ContractCheck[]
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

interface Kit {
  runContract(plugin: string, options: { readonly config?: unknown }): Promise<ContractReport>
}

const KIT: string = '@agentproxy/plugin-testing'

/** Runs the contract kit on a plugin; null = the kit is not installed. Never rejects for what the plugin does. */
export async function runContractKit(path: string): Promise<ContractReport | null> {
  let kit: Kit
  try {
    kit = (await import(KIT)) as Kit
  } catch (error) {
    const { code, message } = error as { readonly code?: unknown; readonly message: string }
    if (code === 'ERR_MODULE_NOT_FOUND' && message.includes(KIT)) return null
    throw new CliError('NOT_BUILT', `the contract kit cannot be loaded: ${message}`, { cause: error })
  }
  return kit.runContract(path, {})
}
