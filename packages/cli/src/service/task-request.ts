import type { CheckSpec } from '@agentproxy/plugin'
import type { TaskContract } from '@agentproxy/supervisor'
import { z } from 'zod'
import { createContract } from '../commands/task-contract.ts'
import { APPROVAL_MODES } from '../config/approval-modes.ts'
import type { Config } from '../config/config.ts'
import { ServiceError } from './service-error.ts'

const name = z.string().min(1).max(200)
const positive = z.int().positive()

/** What `POST /tasks` takes. No command line is among it: `checks` are names. */
export const taskRequestSchema = z.strictObject({
  task: z.string().trim().min(1).max(1_000_000).meta({ description: 'What to do.' }),
  workingDir: z
    .string()
    .min(1)
    .meta({ description: 'Absolute path of a folder below one of supervisor.roots.' }),
  session: z
    .string()
    .regex(/^[A-Za-z0-9][\w.-]{0,63}$/)
    .optional()
    .meta({ description: 'A name for the session. Default: a random one.' }),
  agent: name.optional(),
  model: name.optional(),
  reasoner: name.optional(),
  reasonerModel: name.optional(),
  checks: z.array(name).optional().meta({
    description: 'Names of the checks configured for the folder that have to pass. Default: all of them.',
  }),
  budgets: z
    .strictObject({
      maxTurns: positive.max(10_000).optional(),
      maxTimeMs: positive.max(2_147_483_647).optional(),
      maxCostUsd: z.number().positive().optional(),
      maxTokens: positive.optional(),
    })
    .optional(),
  approve: z.enum(APPROVAL_MODES).optional(),
  protect: z.array(z.string().min(1)).optional(),
  allowNoChange: z.boolean().optional(),
  allowTestChanges: z.boolean().optional(),
  wait: z.boolean().optional().meta({ description: 'Whether a rate limit is waited for. Default true.' }),
})

export type TaskRequest = z.infer<typeof taskRequestSchema>

const DEFAULT_TURNS = 10
const DEFAULT_TIME_MS = 1_800_000
const IDLE_MS = 600_000

/** The contract of a task asked for over HTTP, in a folder that was allowed. */
export async function requestedContract(
  request: TaskRequest,
  workingDir: string,
  config: Config,
): Promise<TaskContract> {
  const { task: objective, budgets = {}, checks, session: _session, workingDir: _dir, ...rest } = request
  const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined))
  const contract = await createContract({
    objective,
    workingDir,
    cwd: workingDir,
    config,
    flags: {
      check: [],
      verify: true,
      qa: true,
      screenshot: [],
      maxTurns: budgets.maxTurns ?? DEFAULT_TURNS,
      maxTime: budgets.maxTimeMs ?? DEFAULT_TIME_MS,
      idleTime: IDLE_MS,
      protect: [],
      ...given,
      ...(budgets.maxCostUsd !== undefined && { maxCost: budgets.maxCostUsd }),
      ...(budgets.maxTokens !== undefined && { maxTokens: budgets.maxTokens }),
    },
  })
  const chosen = checks === undefined ? contract.checks : named(contract.checks, checks)
  return { ...contract, checks: chosen, startedBy: 'service' }
}

function named(known: readonly CheckSpec[], names: readonly string[]): readonly CheckSpec[] {
  const missing = names.find((one) => !known.some((check) => check.name === one))
  if (missing === undefined) return known.filter((check) => names.includes(check.name))
  const all = known.map((check) => check.name).join(', ') || 'none'
  const message = `No check of this folder is named ${missing}. Checks are named here, not given as commands; there are: ${all}.`
  throw new ServiceError(400, 'CHECK_UNKNOWN', message)
}
