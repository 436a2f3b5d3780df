import { createHash } from 'node:crypto'
import type { Reporter } from '../model/reporter.ts'

/** `service_tier` in OpenAI's words. */
export function writeServiceTier(to: Reporter): string | undefined {
  const { serviceTier } = to.request
  if (serviceTier === undefined || to.request.source.format.startsWith('openai-')) return serviceTier
  if (serviceTier === 'standard_only') return 'default'
  if (serviceTier === 'auto') return serviceTier
  to.add(
    'dropped',
    'service-tier-unsupported',
    { field: 'serviceTier' },
    `OpenAI has no service tier "${serviceTier}".`,
  )
  return undefined
}

/** OpenAI takes names of at most 64 characters; a longer one becomes its SHA-256, which still tells users apart. */
export function writeUser(to: Reporter): string | undefined {
  const { user } = to.request
  if (user === undefined || to.isSameFormat || user.length <= 64) return user
  to.add(
    'changed',
    'user-hashed',
    { field: 'user' },
    'The user was longer than 64 characters and was replaced by its hash.',
  )
  return createHash('sha256').update(user).digest('hex')
}
