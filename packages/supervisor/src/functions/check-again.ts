import type { CheckSpec } from '@agentproxy/plugin'
import { z } from 'zod'
import { type FunctionContext, type FunctionOutcome, defineFunction } from './supervisor-function.ts'

const parameters = z.object({ check: z.string().trim().min(1).optional() })

export const runCheck = defineFunction({
  name: 'run_check',
  aliases: [],
  description: 'Run one check, or all, once more on the files as they are.',
  parameters,
  run: ({ check }, context) => again(context, check, () => true),
})

export const runTests = defineFunction({
  name: 'run_tests',
  aliases: [],
  description: 'Run one command check, or all of them, once more on the files as they are.',
  parameters,
  run: ({ check }, context) => again(context, check, ({ kind }) => kind === 'command'),
})

export const verifyProduct = defineFunction({
  name: 'verify_product',
  aliases: [],
  description:
    'Use the product once more as its http and browser checks say: start it, ask it, open its pages.',
  parameters: z.object({}),
  run: (_args, context) => again(context, undefined, ({ kind }) => kind === 'http' || kind === 'browser'),
})

/** The results of the chosen checks are dropped; the loop runs what has none, and then judges anew. */
function again(
  { state }: FunctionContext,
  name: string | undefined,
  chosen: (check: CheckSpec) => boolean,
): FunctionOutcome {
  const checks = (state.contract?.checks ?? []).filter(chosen)
  const recheck = checks
    .filter((check) => name === undefined || check.name === name)
    .map((check) => check.name)
  if (recheck.length > 0)
    return { ok: true, result: `Runs again: ${recheck.join(', ')}.`, tree: null, recheck }
  const known =
    checks.length === 0
      ? 'The task has none of that kind.'
      : `There are: ${checks.map((check) => check.name).join(', ')}.`
  return { ok: false, result: `No check${name === undefined ? '' : ` ${name}`} to run. ${known}`, tree: null }
}
