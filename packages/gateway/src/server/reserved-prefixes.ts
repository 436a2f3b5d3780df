/**
 * First segments of paths that belong to the gateway: those it serves, and those of routes it will serve. A plugin's
 * routes may not begin with them.
 */
export const reservedPrefixes: readonly string[] = Object.freeze([
  '/v1',
  '/v1beta',
  '/claude',
  '/codex',
  '/gemini',
  '/openai',
  '/health',
  '/livez',
  '/readyz',
  '/metrics',
  '/plugins',
  '/tools',
  '/usage',
  '/oauth',
  '/events',
  '/sessions',
  '/tasks',
  '/mcp',
  '/openapi.json',
])
