import { randomBytes } from 'node:crypto'
import { createGateway, PriceBook } from '@agentproxy/gateway'
import type { Logger } from '@agentproxy/plugin'
import { exitCodeFor, reasonerNames } from '@agentproxy/supervisor'
import type { AskPerson, RunOptions, Supervisor, TaskContract, TaskReport } from '@agentproxy/supervisor'
import { findAgent } from '../app/agents.ts'
import { createGatewaySupervisor, gatewayBasics } from '../app/gateway-supervisor.ts'
import { checkModel } from '../app/models.ts'
import type { KnownModel, ModelQuestion } from '../app/models.ts'
import type { App } from '../app/open-app.ts'
import type { Invocation } from '../args/invocation.ts'
import { didYouMean } from '../args/nearest.ts'
import type { Config } from '../config/config.ts'
import type { BellOptions } from '../display/bell.ts'
import type { Display, DisplayMode } from '../display/display.ts'
import { Progress } from '../display/progress.ts'
import { CliError } from '../errors.ts'
import { Talk } from '../talk/talk.ts'
import { openDisplay } from './open-display.ts'
import { watchInterrupts } from './watch-interrupts.ts'

const INTERNAL_ERROR = 1
const NOT_APPLIED = 19

export interface Watch {
  readonly invocation: Invocation
  readonly app: App
  readonly config: Config
  readonly log: Logger
  readonly mode: DisplayMode
  readonly sessionId: string
  readonly progress: Progress
  readonly simulated: boolean
  readonly bell: BellOptions
  /** Told of the display once it is open, so that logs go through it. */
  onDisplay(display: Display): void
}

/** Whether agent, reasoner, checks and models of a contract are there, before anything starts. */
export async function checkContract(
  question: ModelQuestion,
  contract: Pick<
    TaskContract,
    'agent' | 'model' | 'reasoner' | 'reasonerModel' | 'checks' | 'budgets' | 'verifies'
  >,
): Promise<{ simulated: boolean }> {
  const { live } = question.host
  if (contract.verifies !== false) refuseUnprovable(contract.checks.length + live.checks.size)
  await findAgent(question.host, contract.agent)
  refuseUnknownReasoner(contract.reasoner, reasonerNames(question.host))
  if (contract.model === null && contract.agent === 'builtin')
    throw modelMissing('the builtin agent needs a model', '--model')
  if (contract.reasoner === 'llm' && contract.reasonerModel === null) {
    throw modelMissing('the llm reasoner needs a model', '--reasoner-model')
  }
  const known = contract.model === null ? null : await checkModel(question, contract.model)
  const reasoner = contract.reasonerModel === null ? null : await checkModel(question, contract.reasonerModel)
  if ((contract.budgets.maxCostUsd ?? null) !== null) {
    if (contract.model === null)
      throw modelMissing('a budget of money needs a model, whose price is known', '--model')
    const prices = new PriceBook(question.prices)
    if (known !== null) refuseUnpriced(contract.model, known, prices)
    if (reasoner !== null && contract.reasonerModel !== null)
      refuseUnpriced(contract.reasonerModel, reasoner, prices)
  }
  return { simulated: known?.simulated ?? false }
}

function refuseUnpriced(name: string, { upstream }: KnownModel, prices: PriceBook): void {
  if (upstream === null || prices.find(upstream.provider, upstream.model) !== null) return
  throw new CliError('PRICE_UNKNOWN', `no price is known for ${name}, so --max-cost cannot be kept`, {
    hint: `Set one under "prices" in the configuration, or limit tokens instead: --max-tokens 200000`,
  })
}

function refuseUnprovable(checks: number): void {
  if (checks > 0) return
  throw new CliError(
    'CHECKS_MISSING',
    'nothing would prove this task done: no check was given, none was detected and no plugin has one',
    {
      hint: 'Give a command that fails until the task is done: --check "npm test", or write .agentproxy/checks.yaml.',
    },
  )
}

function refuseUnknownReasoner(name: string, names: readonly string[]): void {
  if (names.includes(name)) return
  throw new CliError('REASONER_UNKNOWN', `unknown reasoner "${name}"${didYouMean(name, names)}`, {
    hint: `Reasoners: ${names.join(', ')}.`,
  })
}

function modelMissing(problem: string, flag: string): CliError {
  return new CliError('MODEL_MISSING', problem, {
    hint: `Name one with ${flag} provider/model (simulator/fix needs no key), or set it in the configuration. All: agentproxy models`,
  })
}

/** Runs or resumes a task under a private gateway, shows it, and returns the exit code. */
export async function supervise(
  watch: Watch,
  act: (supervisor: Supervisor, options: RunOptions) => Promise<TaskReport>,
): Promise<number> {
  const { invocation, app, progress, sessionId } = watch
  const usage = () => app.store.exchanges.totals(sessionId)
  let talk: Talk | null = null
  const askPerson: AskPerson = (text, signal) => talk?.ask(text, signal) ?? Promise.resolve(null)
  const attended = isAttended(watch)
  const supervisor = await openSupervisor(watch, attended ? askPerson : null)
  const display = openDisplay(invocation, {
    mode: watch.mode,
    facts: { sessionId, simulated: watch.simulated },
    live: { progress, usage },
    bell: watch.bell,
  })
  app.cleanup.defer('the display', () => display.close())
  watch.onDisplay(display)
  const markers = new Set<string>()
  const { bin, crashed } = invocation
  if (attended)
    talk = new Talk({
      input: process.stdin,
      send: (order) => supervisor.send(sessionId, order),
      say: (text) => display.aside(text),
    })
  const interrupts = watchInterrupts({ display, sessionId, bin, markers, crashed })
  try {
    const report = await act(supervisor, {
      sessionId,
      signal: interrupts.signal,
      attended,
      onEvent: (event) => {
        if (event.payload.type === 'process.starting') markers.add(event.payload.marker)
        progress.apply(event.payload)
        display.event(event)
        talk?.apply(event.payload)
      },
    })
    const code = crashed.aborted ? INTERNAL_ERROR : exitCode(report, progress)
    const checks = [...progress.checks.values()]
    const { workspace } = progress
    display.report({ ...report, exitCode: code, workspace, checks, usage: await usage() })
    return code
  } finally {
    interrupts.dispose()
    talk?.[Symbol.dispose]()
    display.close()
  }
}

/** A verified result that was to be brought back, and was not, is no success yet. */
function exitCode(report: TaskReport, { contract }: Progress): number {
  const asked = contract?.workspace.apply ?? false
  return asked && !report.applied && report.outcome === 'done' ? NOT_APPLIED : exitCodeFor(report)
}

/** Only where somebody sits who sees the task; a question into a pipe would wait for its end. */
function isAttended({ mode }: Watch): boolean {
  return process.stdin.isTTY && (mode === 'rich' || mode === 'simple')
}

async function openSupervisor(
  { invocation, app, config, log }: Watch,
  askPerson: AskPerson | null,
): Promise<Supervisor> {
  const { env } = invocation
  const gateway = await createGateway({
    ...gatewayBasics(app, { config, log, env }),
    ownerToken: randomBytes(32).toString('base64url'),
  })
  app.cleanup.defer('the gateway', () => gateway.close({ drainMs: 1000 }))
  const { url } = await gateway.listen({ host: '127.0.0.1', port: 0 })
  const asks = askPerson === null ? {} : { askPerson }
  return createGatewaySupervisor(app, { gateway, url, log, env, ...asks })
}
