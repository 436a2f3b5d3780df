import type { FastifyRequest } from 'fastify'

const PIN = '/:provider'

/** A model path, and the same below the name of a provider, which then is the only one asked. */
export function withPinned(path: string): readonly string[] {
  return [path, PIN + path]
}

/** What stands where a provider's name does; null on other routes. */
export function pinOf({ routeOptions, params }: FastifyRequest): string | null {
  if (routeOptions.url?.startsWith(`${PIN}/`) !== true) return null
  return (params as { readonly provider: string }).provider
}
