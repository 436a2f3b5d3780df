import { routeNotes } from './route-notes.ts'
import type { RouteNote } from './route-notes.ts'

/** A route as it was registered. */
export interface BookedRoute {
  readonly method: string
  /** As Fastify writes it: `:name`, `*`. */
  readonly path: string
  readonly access: 'public' | 'token' | 'owner'
  /** What is noted of it where it was registered; the gateway's own routes are in `routeNotes`. */
  readonly note?: RouteNote | undefined
}

const PIN = '/{provider}'

/** What all formats' errors have in common. */
const ERROR = { type: 'object', required: ['error'], properties: { error: { type: 'object' } } }

const COMPONENTS = {
  securitySchemes: {
    bearer: { type: 'http', scheme: 'bearer' },
    apiKey: { type: 'apiKey', in: 'header', name: 'x-api-key' },
    googleApiKey: { type: 'apiKey', in: 'header', name: 'x-goog-api-key' },
    gatewayToken: { type: 'apiKey', in: 'header', name: 'x-agentproxy-token' },
  },
  responses: {
    error: {
      description: "What went wrong, in the shape of the caller's format; OpenAI's where none is known.",
      content: { 'application/json': { schema: ERROR } },
    },
  },
}

/** The OpenAPI 3.1 description of the routes (spec.openapis.org/oas/v3.1.1). `x-agentproxy-access` says who may use each. */
export function openapiDocument(routes: readonly BookedRoute[], version: string): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const route of routes) {
    const path = templateOf(route.path)
    const item = (paths[path] ??= {})
    item[route.method.toLowerCase()] = operationOf(route, path)
  }
  return {
    openapi: '3.1.1',
    info: { title: 'agentproxy', version, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    servers: [{ url: '/' }],
    tags: [
      { name: 'models', description: "Model calls in each vendor's format" },
      { name: 'tasks', description: 'Tasks that are supervised here' },
      { name: 'plugins', description: 'Plugins and their tools' },
      { name: 'operation', description: 'How it is' },
    ],
    paths,
    components: COMPONENTS,
  }
}

/** The path as OpenAPI writes it. */
function templateOf(path: string): string {
  return path.replaceAll(/:(\w+)/g, '{$1}').replace('*', '{rest}')
}

/** What is noted of a route; undefined = nothing, which a test forbids. */
export function noteOf(method: string, template: string): RouteNote | undefined {
  const path = template.startsWith(`${PIN}/`) ? template.slice(PIN.length) : template
  return routeNotes[`${method} ${path}`]
}

function operationOf({ method, access, note: own }: BookedRoute, path: string): Record<string, unknown> {
  const note = own ?? noteOf(method, path)
  const isPinned = path.startsWith(`${PIN}/`)
  const { tag = 'operation', summary = '', answers = 'application/json', body, schema, query } = note ?? {}
  const parameters = [
    ...[...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
      name,
      in: 'path',
      required: true,
      schema: { type: 'string' },
    })),
    ...Object.entries(query ?? {}).map(([name, description]) => ({
      name,
      in: 'query',
      description,
      schema: { type: 'string' },
    })),
  ]
  return {
    operationId: `${method.toLowerCase()}${path.replaceAll(/[^A-Za-z0-9]+/g, '_')}`.replace(/_$/, ''),
    summary: isPinned ? `${summary}, at one provider` : summary,
    tags: [tag],
    ...(parameters.length > 0 && { parameters }),
    ...(body !== undefined && { requestBody: jsonBody(body === 'required', schema) }),
    responses: {
      200: {
        description: 'Done',
        ...(answers !== null && { content: { [answers]: {} } }),
      },
      '4XX': { $ref: '#/components/responses/error' },
      '5XX': { $ref: '#/components/responses/error' },
    },
    security:
      access === 'public' ? [] : Object.keys(COMPONENTS.securitySchemes).map((name) => ({ [name]: [] })),
    'x-agentproxy-access': access,
  }
}

function jsonBody(required: boolean, schema: RouteNote['schema']): Record<string, unknown> {
  return { required, content: { 'application/json': { schema: schema ?? { type: 'object' } } } }
}
