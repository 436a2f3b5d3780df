// Node's loader runs this file on its own thread: it may import only Node's modules.
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

export interface ScriptData {
  /** URLs of files from which the contract's packages are found where a script has none near. */
  readonly hosts: readonly string[]
  /** URL of oxc-transform. */
  readonly transformer: string
}

interface Resolved {
  readonly url: string
}
interface ResolveContext {
  readonly parentURL?: string | undefined
}
type NextResolve = (specifier: string, context: ResolveContext) => Promise<Resolved>
interface Loaded {
  readonly format: string | null | undefined
  readonly source?: unknown
  readonly shortCircuit?: boolean
}

const CONTRACT = /^@agentproxy\/plugin(?:-testing)?$/
let data: ScriptData

export function initialize(given: ScriptData): void {
  data = given
}

export async function resolve(
  specifier: string,
  context: ResolveContext,
  next: NextResolve,
): Promise<Resolved> {
  try {
    return await next(specifier, context)
  } catch (error) {
    for (const other of elsewhere(specifier, context)) {
      const found = await next(other.specifier, other.context).catch(() => null)
      if (found !== null) return found
    }
    throw error
  }
}

/** TypeScript outside of packages is stripped of its types, also on a Node that cannot. */
export async function load<Context>(
  url: string,
  context: Context,
  next: (url: string, context: Context) => Promise<Loaded>,
): Promise<Loaded> {
  const { protocol, pathname } = new URL(url)
  if (protocol !== 'file:' || !/\.m?ts$/.test(pathname) || pathname.includes('/node_modules/'))
    return next(url, context)
  const file = fileURLToPath(url)
  const { transformSync } = (await import(data.transformer)) as typeof import('oxc-transform')
  const { code, errors } = transformSync(file, await readFile(file, 'utf8'), { sourceType: 'module' })
  const [first] = errors
  if (first !== undefined) throw new SyntaxError(`${file} is not valid TypeScript: ${first.message}`)
  return { format: 'module', source: code, shortCircuit: true }
}

function elsewhere(specifier: string, context: ResolveContext) {
  if (CONTRACT.test(specifier))
    return data.hosts.map((parentURL) => ({ specifier, context: { ...context, parentURL } }))
  // TypeScript's own convention names the file that will be built: './part.js' beside a './part.ts'.
  return /^\.\.?\/.*\.m?js$/.test(specifier) ? [{ specifier: specifier.replace(/js$/, 'ts'), context }] : []
}
