import { PluginError } from '@agentproxy/plugin'
import { textOf } from '../text-of.ts'

/** Says which file could not be loaded, why, and what to do where a usual cause is known. */
export function loadFailure(origin: string, thrown: unknown): PluginError {
  if (PluginError.is(thrown)) return thrown
  const text = textOf(thrown)
  const hint = hintFor(text)
  return new PluginError(
    'LOAD_FAILED',
    `cannot load plugin ${origin}: ${text}${hint === '' ? '' : `; ${hint}`}`,
    {
      cause: thrown,
    },
  )
}

function hintFor(text: string): string {
  if (/Cannot find package '([^']+)'/.test(text)) return 'install that package beside the plugin'
  if (/Cannot find module/.test(text)) return 'check the path it imports, with its extension'
  if (/require is not defined|module is not defined|exports is not defined/.test(text))
    return 'it is CommonJS in an ES module; name it .cjs, or use import and export'
  if (/Cannot use import statement outside a module/.test(text))
    return 'name it .mjs, or put "type": "module" into its package.json'
  return ''
}
