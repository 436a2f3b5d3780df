import { CliError } from '../../errors.ts'

/** One check of the contract. */
interface ContractCheck {
  readonly id: string
  readonly title: string
  readonly outcome: 'passed' | 'failed' | 'skipped'
  /** Why it failed or was skipped; null = it passed. */
  readonly reason: string | null
  readonly durationMs: number
}

/** How a plugin keeps the contract. */
export interface ContractReport {
  readonly checks: readonly ContractCheck[]
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

/** The kit says `pass` or `passed`, by its version. */
interface KitReport extends Omit<ContractReport, 'checks'> {
  readonly checks: readonly (Omit<ContractCheck, 'outcome'> & { readonly outcome: keyof typeof OUTCOMES })[]
}

interface Kit {
  runContract(plugin: string, options: object): Promise<KitReport>
}

const KIT: string = '@agentproxy/plugin-testing'
const OUTCOMES = {
  pass: 'passed',
  passed: 'passed',
  fail: 'failed',
  failed: 'failed',
  skip: 'skipped',
  skipped: 'skipped',
} as const

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
  const { passed, failed, skipped, checks } = await kit.runContract(path, {})
  const told = checks.map((check) => ({ ...check, outcome: OUTCOMES[check.outcome] }))
  return { passed, failed, skipped, checks: told }
}
