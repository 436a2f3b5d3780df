import { hookKinds } from '@agentproxy/plugin'
import type { HookName } from '@agentproxy/plugin'
import type { StorePlace } from '@agentproxy/store'
import { z } from 'zod'
import { WORKSPACE_MODES } from '../app/workspace-modes.ts'
import type { WorkspaceMode } from '../app/workspace-modes.ts'
import { MOST_WORKERS } from '../workers/worker-count.ts'
import { ruleProblem } from '@agentproxy/supervisor'
import type { ApprovalMode, PermissionRules } from '@agentproxy/supervisor'
import { APPROVAL_MODES } from './approval-modes.ts'

const checkEntry = z.union([
  z.string().min(1),
  z.strictObject({
    name: z.string().min(1).optional(),
    command: z.string().min(1),
    required: z.boolean().optional(),
    timeoutMs: z.int().positive().optional(),
  }),
])

const texts = z.array(z.string().min(1))

/** A plugin of source text that is run apart, with nothing but what is given to it here. */
const sandboxedPlugin = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'must be kebab-case: a-z, 0-9 and -'),
  file: z.string().min(1),
  engine: z.enum(['quickjs', 'deno']).exactOptional(),
  permissions: z
    .strictObject({
      fileSystem: z
        .union([
          z.literal(false),
          z.strictObject({ read: texts.exactOptional(), write: texts.exactOptional() }),
        ])
        .exactOptional(),
      network: z.union([z.literal(false), texts]).exactOptional(),
      events: z.union([z.literal(false), texts]).exactOptional(),
      tools: texts.exactOptional(),
      hooks: z.array(z.enum(Object.keys(hookKinds) as HookName[])).exactOptional(),
    })
    .exactOptional(),
  resources: z
    .strictObject({
      memory: z.union([z.int().positive(), z.string().min(1)]).exactOptional(),
      cpu: z.string().min(1).exactOptional(),
      outputBytes: z.int().positive().exactOptional(),
      eventsPerSecond: z.int().positive().exactOptional(),
      timeoutMs: z.int().positive().exactOptional(),
    })
    .exactOptional(),
})

const modelPool = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)])

const rate = z.number().min(0)

/** US dollars per million tokens; what is left out is not known. */
const price = z.strictObject({
  input: rate,
  output: rate,
  cachedInput: rate.exactOptional(),
  cacheWrite: rate.exactOptional(),
})

const rules = z.array(
  z.string().check((context) => {
    const message = ruleProblem(context.value)
    if (message !== null) context.issues.push({ code: 'custom', message, input: context.value })
  }),
)

const ms = z.int().positive().max(2_147_483_647)

const routingRule = z.strictObject({
  when: z
    .strictObject({
      model: z.string().min(1).exactOptional(),
      inputTokensAbove: z.int().min(0).exactOptional(),
      headers: z
        .record(z.string().regex(/^[A-Za-z0-9-]+$/, 'must be the name of a header'), z.string())
        .exactOptional(),
      tag: z.string().min(1).exactOptional(),
    })
    .refine(
      (when) => Object.keys(when).length > 0,
      'give at least one condition; an alias is for all requests',
    ),
  use: z.string().min(1),
})

const routing = z.strictObject({
  /** Where requests go instead of where their model's name leads; the first that fits decides. */
  rules: z.array(routingRule).exactOptional(),
  /** What a translation between formats may lose: told (`report`), or refused (`strict`). */
  loss: z.enum(['report', 'strict']).exactOptional(),
  /** How often an upstream that failed an exchange is called again, and what part of all calls that may be. */
  retries: z
    .strictObject({
      max: z.int().min(0).max(20).exactOptional(),
      budgetRatio: z.number().min(0).max(1).exactOptional(),
    })
    .exactOptional(),
  timeouts: z
    .strictObject({
      connectMs: ms.exactOptional(),
      firstByteMs: ms.exactOptional(),
      firstTokenMs: ms.exactOptional(),
      idleMs: ms.exactOptional(),
      totalMs: ms.exactOptional(),
    })
    .exactOptional(),
  /** When the first bytes of a stream go to the client; until then another upstream can take over unseen. */
  commit: z
    .union([
      z.enum(['first-byte', 'first-content', 'whole']),
      z.strictObject({ bytes: z.int().positive().max(33_554_432) }),
    ])
    .exactOptional(),
  /** What follows when a stream breaks after that point: an error, or another upstream that continues it. */
  rescue: z.enum(['error', 'continue']).exactOptional(),
  /** How the accounts of a provider share its calls. */
  accounts: z
    .strictObject({
      strategy: z.enum(['fill-first', 'round-robin', 'weighted', 'least-loaded']).exactOptional(),
      affinity: z.boolean().exactOptional(),
    })
    .exactOptional(),
})

const STORE_URL = /^(?:sqlite:.|postgres(?:ql)?:\/\/.)/
const STORE_URL_FORM = 'must be sqlite:PATH or postgres://USER:PASSWORD@HOST:PORT/DATABASE'

/** What one configuration file may say. Every key acts; a key that is not here is an error. */
export const configSchema = z.strictObject({
  /** Where `agentproxy serve` listens. */
  server: z
    .strictObject({
      host: z.string().min(1).optional(),
      port: z.int().min(0).max(65_535).optional(),
      /** How many processes serve; `auto` = one for each processor. */
      workers: z.union([z.literal('auto'), z.int().min(1).max(MOST_WORKERS)]).optional(),
      /** How long what is in flight may take to finish when the server, or one of its workers, is told to end. */
      drainMs: z.int().min(0).max(86_400_000).optional(),
      /** How many model requests are served at once, and how many wait for that. */
      limits: z
        .strictObject({
          openExchanges: z.int().min(1).max(1_000_000).exactOptional(),
          openPerKey: z.int().min(1).max(1_000_000).exactOptional(),
          waitingExchanges: z.int().min(0).max(1_000_000).exactOptional(),
          waitMs: z.int().min(0).max(3_600_000).exactOptional(),
        })
        .optional(),
    })
    .optional(),
  /** One section per plugin, checked by that plugin. `enabled: false` turns it off. */
  plugins: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
  /** null = all. */
  enabledPlugins: z.array(z.string()).nullable().optional(),
  disabledPlugins: z.array(z.string()).optional(),
  /** Further plugins: files or package names. */
  pluginModules: z.array(z.string().min(1)).optional(),
  /** Plugins that are run apart: files of source text, and what each may touch and use. */
  sandboxedPlugins: z.array(sandboxedPlugin).optional(),
  /** A folder whose files and folders are plugins. */
  pluginsDir: z.string().min(1).optional(),
  /** Aliases: a name for `provider/model`, or for a pool tried in order. */
  models: z.record(z.string().min(1), modelPool).optional(),
  /** Prices of one's own, by `provider/model`. */
  prices: z.record(z.string().regex(/^[^/]+\/./, 'must be provider/model'), price).optional(),
  /** How upstreams are chosen, waited for and replaced. */
  routing: routing.optional(),
  supervisor: z
    .strictObject({
      agent: z.string().min(1).optional(),
      model: z.string().min(1).optional(),
      reasoner: z.string().min(1).optional(),
      reasonerModel: z.string().min(1).optional(),
      /** Patterns of files that no task may change; those of all sources count. */
      protect: z.array(z.string().min(1)).optional(),
      /** Folders below which tasks of `serve` may work; none = none may. */
      roots: z.array(z.string().min(1)).optional(),
      /** How many tasks `serve` runs at once. */
      concurrency: z.int().min(1).max(64).optional(),
      /** Whether `serve` goes on with tasks of its own that were cut off. */
      resumeOnStart: z.boolean().optional(),
      /** Where the work is done. Not for a project's own file. */
      workspace: z.enum(WORKSPACE_MODES).optional(),
    })
    .optional(),
  /** What agents may do when they ask before they act; the rules of all sources count. */
  permissions: z
    .strictObject({
      approve: z.enum(APPROVAL_MODES).optional(),
      deny: rules.optional(),
      ask: rules.optional(),
      allow: rules.optional(),
      /** How long a person is waited for. */
      timeoutMs: ms.optional(),
    })
    .optional(),
  /** How the private folder of a task is made and left. */
  workspace: z
    .strictObject({
      /** Shell commands run there: once it is made, and before it is removed. */
      setup: z.string().min(1).optional(),
      cleanup: z.string().min(1).optional(),
      /** Files that git ignores and the work needs, relative to the working directory. */
      copy: texts.optional(),
    })
    .optional(),
  /** How a person at a terminal is called back. */
  terminal: z.strictObject({ bell: z.boolean().optional(), osc9: z.boolean().optional() }).optional(),
  checks: z.array(checkEntry).optional(),
  /** How long what is over is kept. */
  retention: z
    .strictObject({
      sessions: z
        .string()
        .regex(/^\d{1,6}[mhd]$/, 'must be a span such as 90d')
        .exactOptional(),
    })
    .exactOptional(),
  /** Where sessions, usage and keys are kept. */
  store: z.strictObject({ url: z.string().regex(STORE_URL, STORE_URL_FORM) }).optional(),
})

export type ConfigLayer = z.infer<typeof configSchema>
type PriceEntry = z.infer<typeof price>
type RoutingLayer = z.infer<typeof routing>
type CheckEntry = z.infer<typeof checkEntry>
type SandboxedPluginEntry = z.infer<typeof sandboxedPlugin>

/** Keys a project's own file may set: nothing that names a program to load, a credential or an upstream. */
export const PROJECT_KEYS: readonly (keyof ConfigLayer)[] = ['supervisor', 'checks']

/** Keys of `supervisor` that concern a service and not one project. */
export const SERVICE_KEYS: readonly (keyof NonNullable<ConfigLayer['supervisor']>)[] = [
  'roots',
  'concurrency',
  'resumeOnStart',
]

/** All layers in one, with defaults. */
export interface Config {
  readonly server: {
    readonly host: string
    readonly port: number
    readonly workers: number | 'auto'
    readonly drainMs: number
    /** What is left out has the gateway's default. */
    readonly limits: NonNullable<NonNullable<ConfigLayer['server']>['limits']>
  }
  readonly plugins: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly enabledPlugins: readonly string[] | null
  readonly disabledPlugins: readonly string[]
  /** false: only the bundled plugins are loaded. */
  readonly otherPlugins: boolean
  readonly pluginModules: readonly string[]
  readonly sandboxedPlugins: readonly SandboxedPluginEntry[]
  readonly pluginsDir: string | null
  /** Folders whose installed packages may be plugins. */
  readonly packageFolders: readonly string[]
  readonly models: Readonly<Record<string, readonly string[]>>
  readonly prices: Readonly<Record<string, PriceEntry>>
  /** What is left out has the gateway's default. */
  readonly routing: Omit<RoutingLayer, 'loss'> & { readonly loss: 'report' | 'strict' }
  readonly supervisor: {
    readonly agent: string | null
    readonly model: string | null
    /** `rules`, `llm`, or the name of a plugin's. */
    readonly reasoner: string
    readonly reasonerModel: string | null
    readonly protect: readonly string[]
    /** Absolute. */
    readonly roots: readonly string[]
    readonly concurrency: number
    readonly resumeOnStart: boolean
    readonly workspace: WorkspaceMode
  }
  readonly terminal: { readonly bell: boolean; readonly osc9: boolean }
  readonly workspace: {
    readonly setup: string | null
    readonly cleanup: string | null
    readonly copy: readonly string[]
  }
  readonly permissions: PermissionRules & { readonly approve: ApprovalMode; readonly timeoutMs: number }
  readonly checks: readonly CheckEntry[]
  /** Sessions that did not change for such a span, as in `90d`, are deleted; null = never. */
  readonly retention: { readonly sessions: string | null }
  /** A file of SQLite, or the address of a PostgreSQL server, which may hold a password. */
  readonly store: StorePlace
  /** Files that were read, lowest priority first. */
  readonly files: readonly string[]
}
