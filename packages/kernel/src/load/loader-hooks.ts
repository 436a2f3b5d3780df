// Node's loader runs this file on its own thread, apart from the kernel: it may import only Node's modules, and knows of
// the kernel just what `initialize` is given.
import { statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { MessagePort } from 'node:worker_threads'

export interface LoaderData {
  /** URL of a file of the kernel: `@agentproxy/plugin` is resolved as seen from there where a plugin has none near. */
  readonly kernel: string
  /** URL of oxc-transform, which turns TypeScript into JavaScript. */
  readonly transformer: string
  /** Extra export conditions for the contract package, used while the kernel itself runs from its sources. */
  readonly conditions: readonly string[]
  /** Takes an `OwnFileMessage` for each file of a plugin's own. */
  readonly port: MessagePort
}

/** A file of a plugin's own, told as its import is resolved, before it is read. */
export interface OwnFile {
  readonly path: string
  /** When it was last changed, in milliseconds since 1970; null = there is no such file. */
  readonly changedAt: number | null
}

export interface OwnFileMessage extends OwnFile {
  /** The generation that imports it. */
  readonly token: string
}

/** What stands behind the `agentproxy-load:` scheme: the start of one generation of one plugin. */
export interface LoadRequest {
  readonly specifier: string
  readonly parent: string
  /** URL of the plugin's own folder, with a final slash. */
  readonly root: string
  readonly token: string
}

interface Resolved {
  readonly url: string
  readonly format?: string | null | undefined
  readonly shortCircuit?: boolean
}
interface ResolveContext {
  readonly parentURL?: string | undefined
  readonly conditions: readonly string[]
}
type NextResolve = (specifier: string, context: ResolveContext) => Promise<Resolved>
interface Loaded {
  readonly format: string | null | undefined
  readonly source?: unknown
  readonly shortCircuit?: boolean
}
interface LoadContext {
  readonly format?: string | null | undefined
}
type NextLoad = (url: string, context: LoadContext) => Promise<Loaded>

const SCHEME = 'agentproxy-load:'
const GENERATION = 'generation'
const CONTRACT = '@agentproxy/plugin'

/** Own folder of each generation, by token. */
const roots = new Map<string, string>()
let data: LoaderData

export function initialize(given: LoaderData): void {
  data = given
}

export async function resolve(
  specifier: string,
  context: ResolveContext,
  next: NextResolve,
): Promise<Resolved> {
  if (specifier.startsWith(SCHEME)) {
    const request = JSON.parse(decodeURIComponent(specifier.slice(SCHEME.length))) as LoadRequest
    roots.set(request.token, request.root)
    return mark(await next(request.specifier, { ...context, parentURL: request.parent }), request.token)
  }
  const token = tokenOf(context.parentURL)
  if (token === null) return next(specifier, context)
  try {
    return mark(await resolveFromPlugin(specifier, context, next), token)
  } catch (error) {
    tellMissing(specifier, context.parentURL, token)
    throw error
  }
}

export async function load(url: string, context: LoadContext, next: NextLoad): Promise<Loaded> {
  if (tokenOf(url) === null || !/^\.m?ts$/.test(extname(new URL(url).pathname))) return next(url, context)
  const file = fileURLToPath(url)
  const { transformSync } = (await import(data.transformer)) as typeof import('oxc-transform')
  const { code, errors } = transformSync(file, await readFile(file, 'utf8'), { sourceType: 'module' })
  const first = errors[0]
  if (first !== undefined)
    throw new SyntaxError(`${file} is not valid TypeScript: ${first.message}\n${first.codeframe ?? ''}`)
  return { format: 'module', source: code, shortCircuit: true }
}

async function resolveFromPlugin(specifier: string, context: ResolveContext, next: NextResolve) {
  // The contract's sources are TypeScript, which only what is loaded by us can be.
  if (specifier === CONTRACT && data.conditions.length > 0) return resolveContract(context, next)
  try {
    return await next(specifier, context)
  } catch (error) {
    if (specifier === CONTRACT) return resolveContract(context, next)
    // TypeScript's own convention names the file that will be built: './part.js' beside a './part.ts'.
    if (!/^\.\.?\/.*\.m?js$/.test(specifier)) throw error
    const typescript = specifier.replace(/js$/, 'ts')
    return next(typescript, context).catch(() => {
      throw error
    })
  }
}

async function resolveContract(context: ResolveContext, next: NextResolve): Promise<Resolved> {
  const conditions = [...context.conditions, ...data.conditions]
  const contract = await next(CONTRACT, { ...context, conditions, parentURL: data.kernel })
  if (data.conditions.length === 0) return contract
  roots.set('contract', new URL('.', contract.url).href)
  return mark(contract, 'contract')
}

/** Gives the plugin's own files its generation; installed packages keep their one instance. */
function mark(resolved: Resolved, token: string): Resolved {
  if (!isOwn(resolved.url, token) || tokenOf(resolved.url) !== null) return resolved
  tell(resolved.url, token)
  const url = new URL(resolved.url)
  url.searchParams.set(GENERATION, token)
  return { ...resolved, url: url.href, shortCircuit: true }
}

function isOwn(url: string, token: string): boolean {
  const root = roots.get(token)
  return root !== undefined && url.startsWith(root) && !url.slice(root.length).includes('node_modules/')
}

/** An import that leads nowhere may be mended by the file it names, so that file counts as one of the plugin's own. */
function tellMissing(specifier: string, parent: string | undefined, token: string): void {
  if (!/^\.\.?\//.test(specifier)) return
  for (const name of new Set([specifier, specifier.replace(/js$/, 'ts')])) {
    const url = new URL(name, parent)
    url.search = ''
    if (isOwn(url.href, token)) tell(url.href, token)
  }
}

function tell(url: string, token: string): void {
  const path = fileURLToPath(url)
  const changedAt = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? null
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port between threads has no origin
  data.port.postMessage({ token, path, changedAt } satisfies OwnFileMessage)
}

function tokenOf(url: string | undefined): string | null {
  if (url === undefined || !url.startsWith('file:')) return null
  const token = new URL(url).searchParams.get(GENERATION)
  return token !== null && roots.has(token) ? token : null
}
