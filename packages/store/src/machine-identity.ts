import { readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

let known: string | null = null

/** Tells where a process number means the same process: the machine, and on Linux the namespace of process numbers (a container has its own). */
export function machineIdentity(): string {
  known ??= `${hostname()} ${pidNamespace()}`.trim()
  return known
}

function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    // Not Linux, or no /proc to look at.
    return ''
  }
}
