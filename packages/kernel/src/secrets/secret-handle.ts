import { PluginError } from '@agentproxy/plugin'
import type { Secret } from '@agentproxy/plugin'

interface SecretContent {
  readonly plugin: string
  readonly name: string
  readonly prefix: string
  /** The value as it is now. */
  readonly read: () => Promise<string>
  /** The origins it may go to. Shared by all handles made of one. */
  readonly bound: { origins: readonly string[] | null }
}

// The only way from a handle to its value; plugins have no access to this module's map.
const contents = new WeakMap<Secret, SecretContent>()

/** A handle that shows its name and nothing else. */
export function createSecret(content: SecretContent): Secret {
  const masked = `[secret ${content.name}]`
  const secret: Secret = Object.freeze({
    name: content.name,
    withPrefix: (prefix: string) => createSecret({ ...content, prefix: `${prefix}${content.prefix}` }),
    toString: () => masked,
    toJSON: () => masked,
  })
  contents.set(secret, content)
  return secret
}

export function isSecret(value: unknown): value is Secret {
  return typeof value === 'object' && value !== null && contents.has(value as Secret)
}

/** The text of a secret, for a request to `origin`. Throws SECRET_DENIED where it may not go. */
export async function revealSecret(secret: Secret, origin: string): Promise<string> {
  const content = contentOf(secret)
  bind(content, origin)
  return content.prefix + (await content.read())
}

/** A secret that is a URL itself; null = it is none. Throws SECRET_DENIED where it leads to a place it may not go to. */
export async function revealSecretUrl(secret: Secret): Promise<URL | null> {
  const content = contentOf(secret)
  const text = content.prefix + (await content.read())
  if (!URL.canParse(text)) return null
  const url = new URL(text)
  bind(content, url.origin)
  return url
}

function contentOf(secret: Secret): SecretContent {
  const content = contents.get(secret)
  if (content === undefined) throw new TypeError('not a secret of this host')
  return content
}

function bind({ plugin, name, bound }: SecretContent, origin: string): void {
  bound.origins ??= [origin]
  if (bound.origins.includes(origin)) return
  throw new PluginError(
    'SECRET_DENIED',
    `secret ${name} of plugin ${plugin} may go to ${bound.origins.join(', ')} only, not to ${origin}; name the origin where the plugin asks for it`,
    { plugin },
  )
}
