import { agentSource } from './agent-source.ts'
import { classSource } from './class-source.ts'
import { manifestFile, readmeFile } from './companions.ts'
import { providerSource } from './provider-source.ts'
import { systemSource } from './system-source.ts'
import { testSource } from './test-source.ts'

export type PluginKind = 'system' | 'provider' | 'agent'

export interface ScaffoldOptions {
  /** Kebab-case. */
  readonly name: string
  readonly kind: PluginKind
  /** A class instead of a definition; for system plugins. */
  readonly classStyle: boolean
  readonly javascript: boolean
  readonly withTests: boolean
  /** agentproxy's own version, which the plugin is written for. */
  readonly version: string
}

/** What the sources of one plugin are made of. */
export interface Parts extends ScaffoldOptions {
  /** `my-plugin` as `MyPlugin`. */
  readonly className: string
  /** `ts` or `js`. */
  readonly extension: string
  /** Gives text that is TypeScript only; nothing in JavaScript. */
  readonly ts: (text: string) => string
}

/** The files of a new plugin, by name: it loads, and passes its tests, as it is. */
export function scaffold(options: ScaffoldOptions): Readonly<Record<string, string>> {
  const { name, javascript } = options
  const parts: Parts = {
    ...options,
    className: name
      .replace(/(?:^|-)([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
      .replace(/^(?=\d)/, 'Plugin'),
    extension: javascript ? 'js' : 'ts',
    ts: (text) => (javascript ? '' : text),
  }
  return {
    [`index.${parts.extension}`]: indexSource(parts),
    'package.json': manifestFile(parts),
    'README.md': readmeFile(parts),
    ...(options.withTests && { [`index.test.${parts.extension}`]: testSource(parts) }),
  }
}

function indexSource(parts: Parts): string {
  switch (parts.kind) {
    case 'system':
      return parts.classStyle ? classSource(parts) : systemSource(parts)
    case 'provider':
      return providerSource(parts)
    case 'agent':
      return agentSource(parts)
  }
}
