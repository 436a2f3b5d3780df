/**
 * The guest's side of the protocol: the one program that both engines run before the plugin's source. It gives the guest
 * its globals and turns them into messages. The host believes nothing it says, since the plugin may have bent it.
 *
 * The text is a function of `send(text)`; it returns `receive(text)` for the host's messages and `start(module, hello)`.
 */
export const GUEST_PRELUDE = String.raw`(function (send) {
  'use strict'
  const { parse, stringify } = JSON
  const Failure = Error
  const handlers = []
  const declarations = []
  const waiting = new Map()
  let lastRequest = 0
  let declaring = true
  const tell = (message) => send(stringify(message))
  const errorOf = (thrown) => {
    const known = typeof thrown === 'object' && thrown !== null
    const name = known && typeof thrown.name === 'string' ? thrown.name : 'Error'
    let message = 'a value that cannot be shown'
    try { message = known && 'message' in thrown ? String(thrown.message) : String(thrown) } catch {}
    return { name: name.slice(0, 100), message: message.slice(0, 2000) }
  }
  const request = (kind, fields) => new Promise((resolve, reject) => {
    const id = ++lastRequest
    waiting.set(id, { resolve, reject })
    try { tell({ op: 'request', id, kind, ...fields }) } catch (error) { waiting.delete(id); reject(error) }
  })
  const declare = (declaration, handler) => {
    if (!declaring) throw new Failure('add hooks, tools and listeners during setup')
    if (typeof handler !== 'function') throw new TypeError(declaration.kind + ' ' + declaration.name + ' needs a function')
    declarations.push({ ...declaration, name: String(declaration.name) })
    handlers.push(handler)
  }
  const logAt = (level) => (message, fields) => tell({ op: 'log', level, message: String(message), fields })
  const log = Object.freeze({ debug: logAt('debug'), info: logAt('info'), warn: logAt('warn'), error: logAt('error') })
  const response = (answer) => Object.freeze({
    status: answer.status, ok: answer.status >= 200 && answer.status < 300, url: answer.url, headers: answer.headers,
    text: async () => answer.body, json: async () => parse(answer.body),
  })
  const textBody = (body) => {
    if (body === undefined || body === null || typeof body === 'string') return body
    throw new TypeError('the body of a fetch must be a text')
  }
  const CONTINUE = Object.freeze({ action: 'continue' })
  const block = (reason) => ({ action: 'block', reason })
  const modify = (patch) => ({ action: 'modify', patch })
  const ok = () => CONTINUE
  const plugin = {
    log, block, modify, ok,
    hook: (name, handler, options) => declare({ kind: 'hook', name, options }, handler),
    tool: (name, tool) => declare(
      { kind: 'tool', name, description: tool.description, parameters: tool.parameters }, tool.execute),
    events: Object.freeze({
      on: (name, listener) => declare({ kind: 'event', name }, listener),
      emit: (name, event) => tell({ op: 'emit', name: String(name).slice(0, 200), event }),
    }),
    fetch: async (url, options = {}) => response(await request('fetch', {
      url: String(url), method: options.method, headers: options.headers, body: textBody(options.body) })),
    files: Object.freeze({
      read: async (path) => request('read', { path: String(path) }),
      write: async (path, text) => request('write', { path: String(path), text: String(text) }),
    }),
  }
  const text = (args) => args.map((one) => typeof one === 'string' ? one : stringify(one)).join(' ')
  const give = (name, value) => Object.defineProperty(globalThis, name, { value, writable: true, configurable: true })
  give('plugin', plugin)
  give('definePlugin', (definition) => definition)
  give('block', block)
  give('modify', modify)
  give('ok', ok)
  give('console', { debug: (...a) => log.debug(text(a)), log: (...a) => log.info(text(a)), info: (...a) => log.info(text(a)),
    warn: (...a) => log.warn(text(a)), error: (...a) => log.error(text(a)) })
  const answer = async (id, index, payload) => {
    let outcome
    try { outcome = { op: 'result', id, ok: true, value: await handlers[index](payload.value, payload.context) } }
    catch (thrown) { outcome = { op: 'result', id, ok: false, error: errorOf(thrown) } }
    try { tell(outcome) } catch (thrown) { tell({ op: 'result', id, ok: false, error: errorOf(thrown) }) }
  }
  const receive = (line) => {
    const message = parse(line)
    if (message.op === 'call') void answer(message.id, message.handler, message)
    else if (message.op === 'ping') tell({ op: 'pong', id: message.id })
    else if (message.op === 'reply') {
      const entry = waiting.get(message.id)
      waiting.delete(message.id)
      if (entry === undefined) return
      if (message.ok) entry.resolve(message.value)
      else entry.reject(Object.assign(new Failure(message.error.message), { code: message.error.code }))
    }
  }
  const start = async (module, hello) => {
    try {
      const { name, config } = parse(hello)
      plugin.name = name
      plugin.config = Object.freeze(config)
      const exported = (await module()).default
      const setup = typeof exported === 'function' ? exported : exported?.setup
      if (typeof setup === 'function') await setup.call(exported, plugin)
      declaring = false
      tell({ op: 'ready', declarations })
    } catch (thrown) {
      declaring = false
      tell({ op: 'failed', error: errorOf(thrown) })
    }
  }
  return { receive, start }
})`
