import { createContext, Script } from 'node:vm'
import { systemCode, ToolError } from './tool-error.ts'

const script = new Script(
  'for (let at = 0; at < lines.length && hits.length < max; at += 1) if (expression.test(lines[at])) hits.push(at)',
)

/**
 * Indices of the lines an expression matches, at most `max`. An expression that backtracks without end is stopped:
 * the engine's own time limit interrupts it, which no check between lines could.
 */
export function matchLines(
  expression: RegExp,
  lines: readonly string[],
  limits: { max: number; timeoutMs: number },
): readonly number[] {
  const hits: number[] = []
  const context = createContext({ expression, lines, hits, max: limits.max })
  try {
    script.runInContext(context, { timeout: Math.max(1, Math.ceil(limits.timeoutMs)) })
  } catch (error) {
    if (systemCode(error) !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error
    throw new ToolError('pattern', 'The search took too long and was stopped; use a simpler pattern.', error)
  }
  return hits
}
