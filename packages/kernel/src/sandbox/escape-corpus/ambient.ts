import type { Attempt } from './attempt.ts'

const absent = (name: string): string => `return typeof globalThis[${JSON.stringify(name)}]`
/** In the words of either engine. */
const NOT_IMPORTED =
  /could not load module|blocked by null entry|remote specifier|npm specifiers|import access/i
const NODE_GLOBALS = [
  'process',
  'require',
  'module',
  'Buffer',
  'global',
  'Deno',
  'Worker',
  'WebAssembly',
  'fetch',
]

/** What a program is usually born with: files, network, environment, processes, other modules. */
export const ambient: readonly Attempt[] = [
  ...NODE_GLOBALS.map((name): Attempt => ({
    name: `use the global ${name}`,
    code: absent(name),
    gets: 'undefined',
    only: 'quickjs',
  })),
  {
    name: 'read the environment through process',
    code: `return JSON.stringify(process.env)`,
    refused: /process.*not defined|denied|access/i,
  },
  {
    name: 'read the environment through Deno',
    code: `return Deno.env.toObject()`,
    refused: /Deno.*not defined|access/i,
  },
  {
    name: 'read a file through a dynamic import of node:fs',
    code: `return (await import('node:fs')).readFileSync(given.secret, 'utf8')`,
    refused: NOT_IMPORTED,
  },
  {
    name: 'import the secret itself as JSON',
    code: `return (await import('file://' + given.secretJson, { with: { type: 'json' } })).default`,
    refused: NOT_IMPORTED,
  },
  {
    name: 'import the secret as JSON by another spelling of its URL',
    code: `const spelled = ['FILE:' + given.secretJson, 'file://localhost' + given.secretJson, 'file:///x/..' + given.secretJson, given.secretJson]
      const got = []
      for (const url of spelled) try { got.push((await import(url, { with: { type: 'json' } })).default) } catch (e) { got.push('refused') }
      return got`,
    gets: ['refused', 'refused', 'refused', 'refused'],
  },
  {
    name: 'import the secret as JSON through a module of its own making',
    code: `return (await import('data:text/javascript,' + encodeURIComponent('export { default } from "file://' + given.secretJson + '" with { type: "json" }'))).default`,
    refused: NOT_IMPORTED,
  },
  {
    name: 'require a JSON file through a built-in module',
    code: `return globalThis.process.getBuiltinModule('node:module').createRequire('file:///x/')(given.secretJson)`,
    refused: /undefined|not defined|access|cannot read/i,
  },
  {
    name: 'start a process',
    code: `const { execSync } = await import('node:child_process'); return execSync('id').toString()`,
    refused: NOT_IMPORTED,
  },
  {
    name: 'start a thread through node:worker_threads',
    code: `const { Worker } = await import('node:worker_threads'); new Worker('require("fs")', { eval: true }); return 'started'`,
    refused: NOT_IMPORTED,
  },
  {
    name: 'open a socket through node:net',
    code: `const { connect } = await import('node:net')
      return await new Promise((done, fail) => connect(given.port, '127.0.0.1').on('connect', () => done('connected')).on('error', fail))`,
    refused: NOT_IMPORTED,
  },
  {
    name: 'open a database file through node:sqlite',
    code: `const { DatabaseSync } = await import('node:sqlite'); new DatabaseSync(given.folder + '/made.db'); return 'opened'`,
    refused: NOT_IMPORTED,
  },
  {
    name: 'import a module over the network',
    code: `return (await import('http://127.0.0.1:' + given.port + '/module.js')).default`,
    refused: NOT_IMPORTED,
  },
  {
    name: 'import a package',
    code: `return Object.keys(await import('npm:undici'))`,
    refused: NOT_IMPORTED,
  },
  {
    name: 'reach the host through import.meta',
    code: `return await (new Function('return import("data:text/javascript,export default import.meta.url")'))()`,
    refused: NOT_IMPORTED,
    only: 'quickjs',
  },
  {
    name: 'read the clock zone of the host',
    code: `return new Date(0).getTimezoneOffset()`,
    gets: 0,
    only: 'quickjs',
  },
  {
    name: 'find globals that lead out',
    code: `const known = ['std', 'os', 'bjson', 'scriptArgs', 'print', 'load', 'loadFile', 'navigator', '__loadScript', 'host_call', 'send']
      return known.filter((name) => typeof globalThis[name] !== 'undefined')`,
    gets: [],
    only: 'quickjs',
  },
  {
    name: 'sleep the thread with Atomics.wait',
    code: `return typeof Atomics`,
    gets: 'undefined',
    only: 'quickjs',
  },
  {
    name: 'ask Deno for more permissions',
    code: `return (await globalThis.Deno.permissions.request({ name: 'read' })).state`,
    refused: /undefined|not defined|denied/i,
  },
]
