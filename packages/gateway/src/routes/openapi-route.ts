import type { FastifyInstance } from 'fastify'
import { openapiDocument } from '../openapi/openapi-document.ts'
import type { BookedRoute } from '../openapi/openapi-document.ts'

/** Notes every route that is added from now on, as it is added. */
export function bookRoutes(app: FastifyInstance): readonly BookedRoute[] {
  const routes: BookedRoute[] = []
  app.addHook('onRoute', ({ method, url, config }) => {
    for (const each of [method].flat())
      routes.push({ method: each, path: url, access: config?.access ?? 'token', note: config?.note })
  })
  return routes
}

/** Adds `GET /openapi.json`, written from the routes that were booked. */
export function addOpenapiRoute(
  app: FastifyInstance,
  { routes, version }: { readonly routes: readonly BookedRoute[]; readonly version: string },
): void {
  app.get('/openapi.json', () => openapiDocument(routes, version))
}
