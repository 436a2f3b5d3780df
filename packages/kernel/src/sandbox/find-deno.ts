import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** Names of the packages that hold Deno's binary for this machine; which C library it has is not asked, but tried. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  x64: ['@deno/linux-x64-glibc', '@deno/linux-x64-musl'],
  arm64: ['@deno/linux-arm64-glibc', '@deno/linux-arm64-musl'],
}

/** The `deno` binary: AGENTPROXY_DENO, else that of an installed package, as seen from here or from the working folder. */
export function findDeno(env: Readonly<NodeJS.ProcessEnv> = process.env): string | null {
  const named = env['AGENTPROXY_DENO']
  if (named !== undefined && named !== '') return existsSync(named) ? named : null
  for (const from of [import.meta.url, join(process.cwd(), 'package.json')]) {
    const { resolve } = createRequire(from)
    for (const name of PACKAGES[process.arch] ?? []) {
      try {
        const binary = join(dirname(resolve(`${name}/package.json`)), 'deno')
        if (existsSync(binary)) return binary
      } catch {
        // Not installed there.
      }
    }
  }
  return null
}
