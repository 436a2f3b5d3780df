import { realpath } from 'node:fs/promises'
import { isAbsolute, sep } from 'node:path'
import { ServiceError } from './service-error.ts'

/**
 * The folder a task asked for over HTTP may work in, with all links on its way resolved. Throws `ROOTS_MISSING` where the
 * configuration names no roots, and `WORKING_DIR` alike for a folder outside of them and for one that is not there.
 */
export async function findBelowRoot(wanted: string, roots: readonly string[]): Promise<string> {
  if (roots.length === 0) {
    const message =
      'No task may be started over HTTP: the configuration names no supervisor.roots, the folders below which tasks may work.'
    throw new ServiceError(403, 'ROOTS_MISSING', message)
  }
  const real = isAbsolute(wanted) ? await realpath(wanted).catch(() => null) : null
  const allowed = await Promise.all(roots.map((root) => realpath(root).catch(() => null)))
  const below = allowed.some((root) => root !== null && (real === root || real?.startsWith(withEnd(root))))
  if (real !== null && below) return real
  const message = `workingDir must be the absolute path of a folder below one of supervisor.roots: ${roots.join(', ')}.`
  throw new ServiceError(403, 'WORKING_DIR', message)
}

function withEnd(root: string): string {
  return root.endsWith(sep) ? root : root + sep
}
