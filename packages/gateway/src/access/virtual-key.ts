import { hash, randomBytes } from 'node:crypto'
import type { KeyRecord } from '@agentproxy/store'

/** Every key begins so, which spares a look-up for all that is none. */
export const KEY_PREFIX = 'ap-key-'

/** A new key of 256 random bits. Only the hash is to be kept: of that many random bits a plain hash cannot be guessed back. */
export function makeKey(): { readonly id: string; readonly key: string; readonly hash: string } {
  const key = KEY_PREFIX + randomBytes(32).toString('base64url')
  return { id: `key-${randomBytes(6).toString('hex')}`, key, hash: hashKey(key) }
}

export function hashKey(key: string): string {
  return hash('sha256', key, 'hex')
}

/** Whether a key is good no more: revoked, or older than it may become. */
export function isOver(
  { expiresAt, revokedAt }: Pick<KeyRecord, 'expiresAt' | 'revokedAt'>,
  now: number,
): boolean {
  return revokedAt !== null || (expiresAt !== null && expiresAt <= now)
}

/** Whether a key with these patterns may use a model, by any of the names it goes by. No pattern = every model; `*` = any letters. */
export function isModelAllowed(patterns: readonly string[], names: readonly string[]): boolean {
  if (patterns.length === 0) return true
  return patterns.some((pattern) => {
    const parts = pattern.split('*').map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
    const matcher = new RegExp(`^${parts.join('.*')}$`, 's')
    return names.some((name) => matcher.test(name))
  })
}
