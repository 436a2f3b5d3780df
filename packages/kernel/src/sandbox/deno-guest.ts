import { builtinModules } from 'node:module'
import { GUEST_PRELUDE } from './guest-prelude.ts'

/** Globals a guest in Deno keeps, beside those of the language: what can only compute. */
const KEPT =
  'Object Function Error EvalError RangeError ReferenceError SyntaxError TypeError URIError AggregateError SuppressedError Iterator Array parseInt parseFloat isNaN isFinite queueMicrotask decodeURI decodeURIComponent encodeURI encodeURIComponent escape unescape Infinity NaN undefined eval Number Boolean String Math Reflect Symbol DisposableStack AsyncDisposableStack globalThis BigInt Date RegExp JSON Proxy Map Set WeakMap WeakSet ArrayBuffer Uint8ClampedArray Int8Array Uint8Array Int16Array Uint16Array Int32Array Uint32Array BigInt64Array BigUint64Array Float16Array Float32Array Float64Array DataView Promise WeakRef FinalizationRegistry DOMException btoa atob performance Intl Temporal TextEncoder TextDecoder URL URLSearchParams structuredClone'

/**
 * The program of a guest's Deno process: it says it is up, reads the source from the first line, and gives every further
 * line to the prelude. Deno's own globals are taken away before the source runs; its permissions would stop most of what
 * they can do, but not the reading of JSON files.
 */
const PROGRAM = `
const { stdin, stdout, exit } = Deno
const encoder = new TextEncoder()
const write = (text) => {
  const bytes = encoder.encode(text + '\\n')
  for (let at = 0; at < bytes.length;) at += stdout.writeSync(bytes.subarray(at))
}
const lines = stdin.readable.pipeThrough(new TextDecoderStream())[Symbol.asyncIterator]()
const kept = new Set(${JSON.stringify(KEPT.split(' '))})
for (const name of Object.getOwnPropertyNames(globalThis)) if (!kept.has(name)) delete globalThis[name]
for (const key of Object.getOwnPropertySymbols(globalThis)) delete globalThis[key]
const load = (source) => import('data:text/javascript,' + encodeURIComponent(source))
const { receive, start } = ${GUEST_PRELUDE}(write)
const { parse } = JSON
write('"up"')
let rest = ''
let source = null
let started = false
for (;;) {
  const { done, value } = await lines.next()
  if (done) exit(0)
  const parts = (rest + value).split('\\n')
  rest = parts.pop()
  for (const line of parts) {
    if (source === null) source = parse(line)
    else if (started) receive(line)
    else { started = true; void start(() => load(source), line) }
  }
}`

/** No specifier leads to a file or a built-in module: Deno reads JSON modules without asking for a permission. */
const IMPORT_MAP = {
  imports: Object.fromEntries(
    [
      'file:///',
      'blob:',
      ...builtinModules.flatMap((name) => (name.startsWith('node:') ? [name] : [name, `node:${name}`])),
    ]
      .concat('node:sqlite', 'node:test', 'node:sea')
      .map((specifier) => [specifier, null]),
  ),
}

/** Arguments for `deno`: no permission at all, nothing read from disk or network, a heap of so many megabytes. */
export function denoArguments(heapMegabytes: number): readonly string[] {
  return [
    'run',
    '--quiet',
    '--no-prompt',
    '--no-config',
    '--no-lock',
    '--no-npm',
    '--no-remote',
    '--no-code-cache',
    '--deny-read',
    '--deny-write',
    '--deny-net',
    '--deny-env',
    '--deny-sys',
    '--deny-run',
    '--deny-ffi',
    '--deny-import',
    `--import-map=${dataUrl('application/json', JSON.stringify(IMPORT_MAP))}`,
    `--v8-flags=--max-old-space-size=${heapMegabytes}`,
    dataUrl('text/javascript', PROGRAM),
  ]
}

function dataUrl(type: string, text: string): string {
  return `data:${type};base64,${Buffer.from(text).toString('base64')}`
}
