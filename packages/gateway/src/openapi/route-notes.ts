/** What a route is for, beside what its registration says. */
export interface RouteNote {
  readonly tag: 'models' | 'tasks' | 'plugins' | 'operation'
  readonly summary: string
  /** Media type of what it answers; null = nothing. Default JSON. */
  readonly answers?: string | null
  /** Whether it takes a JSON object, or may. Default: it takes nothing. */
  readonly body?: 'required' | 'optional'
  /** JSON Schema of that object. */
  readonly schema?: Readonly<Record<string, unknown>>
  /** Parameters of the query, with what each says. */
  readonly query?: Readonly<Record<string, string>>
}

const STREAM = 'text/event-stream'

/** By method and path as `GET /plugins/{name}`; a path below a provider's name is noted without it. */
export const routeNotes: Readonly<Record<string, RouteNote>> = {
  'POST /v1/messages': model('Anthropic Messages'),
  'POST /v1/messages/count_tokens': model('Tokens of an Anthropic request'),
  'POST /v1/chat/completions': model('OpenAI Chat Completions'),
  'POST /v1/responses': model('OpenAI Responses'),
  'GET /v1/responses/{id}': read('A kept response'),
  'DELETE /v1/responses/{id}': read('Forget a kept response'),
  'GET /v1/responses/{id}/input_items': read('What was said before a kept response'),
  'POST /v1/embeddings': model('OpenAI Embeddings'),
  'POST /v1beta/models/{rest}': model(
    'Gemini: {model}:generateContent, {model}:streamGenerateContent, {model}:countTokens',
  ),
  'GET /v1/models': read("All models, in the caller's shape"),
  'GET /v1/models/{rest}': read("One model, in the caller's shape"),
  'POST /v1beta/{rest}': model('Gemini: the same with `models/` left out, as the AI SDK sends it'),
  'GET /v1beta/models': read("All models, in Gemini's shape"),
  'GET /v1beta/models/{rest}': read("One model, in Gemini's shape"),
  'GET /': operation('What this is'),
  'HEAD /': operation('Is anybody there?', null),
  'GET /health': operation('How the gateway and its plugins are', 'application/health+json'),
  'HEAD /health': operation('How the gateway is, by the status', null),
  'GET /livez': operation('Does the process answer?'),
  'HEAD /livez': operation('Does the process answer?', null),
  'GET /readyz': operation('Does it take requests?'),
  'HEAD /readyz': operation('Does it take requests?', null),
  'GET /metrics': operation('Numbers in the Prometheus text format', 'text/plain'),
  'GET /events': operation('What happens, as it happens', STREAM),
  'GET /accounts': operation('How the accounts of every provider are'),
  'GET /openapi.json': operation('This document'),
  'GET /plugins': plugins('All plugins'),
  'GET /plugins/status': plugins('All of all plugins'),
  'GET /plugins/{name}': plugins('All of one plugin'),
  'GET /plugins/{name}/health': plugins('How a plugin is'),
  'GET /plugins/{name}/schema': plugins("A plugin's configuration", { answers: 'application/schema+json' }),
  'POST /plugins/{name}/reload': plugins('Read a plugin again'),
  'POST /plugins/{name}/enable': plugins('Load a plugin'),
  'POST /plugins/{name}/disable': plugins('Unload a plugin'),
  'GET /tools': plugins('All tools'),
  'POST /tools/{name}': plugins('Run a tool', { body: 'optional' }),
}

function model(summary: string): RouteNote {
  return { tag: 'models', summary, body: 'required' }
}

function read(summary: string): RouteNote {
  return { tag: 'models', summary }
}

function operation(summary: string, answers: string | null = 'application/json'): RouteNote {
  return { tag: 'operation', summary, answers }
}

function plugins(summary: string, more: Pick<RouteNote, 'answers' | 'body'> = {}): RouteNote {
  return { tag: 'plugins', summary, ...more }
}
