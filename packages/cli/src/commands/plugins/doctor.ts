import type { Invocation } from '../../args/invocation.ts'
import { createPaint } from '../../display/paint.ts'
import { stripEscapes } from '../../display/strip-escapes.ts'
import { CliError } from '../../errors.ts'
import type { Finding } from './diagnose.ts'
import { diagnose } from './diagnose.ts'
import type { PluginsFlags } from './list-plugins.ts'
import { lookAtPlugins } from './look-at-plugins.ts'

const MARKS = { ok: 'ok', warn: 'warn', fail: 'FAIL' } as const

/** `plugins doctor`: looks at everything that can keep a plugin from working. Exit code 1 if something does. */
export async function diagnosePlugins(
  invocation: Invocation,
  flags: PluginsFlags & { readonly builtIns: readonly string[] },
): Promise<number> {
  const findings = await lookAtPlugins(invocation, flags, (look) => diagnose(look, flags.builtIns)).catch(
    (error: unknown) => [unreadable(error)],
  )
  const failed = findings.some(({ status }) => status === 'fail')
  const { out } = invocation.terminal
  if (flags.json === true) out.write(`${JSON.stringify({ ok: !failed, findings })}\n`)
  else {
    const paint = createPaint(out.isTty, invocation.env)
    const colours = { ok: paint.green, warn: paint.yellow, fail: paint.red }
    for (const { status, subject, message, hint } of findings) {
      out.write(`${colours[status](MARKS[status].padEnd(4))}  ${stripEscapes(`${subject}: ${message}`)}\n`)
      if (hint !== null) out.write(`      ${stripEscapes(hint)}\n`)
    }
  }
  return failed ? 1 : 0
}

/** A configuration that cannot be read is the first thing to mend. */
function unreadable(error: unknown): Finding {
  if (!CliError.is(error)) throw error
  return {
    check: 'config',
    status: 'fail',
    subject: 'configuration',
    message: error.message,
    hint: error.hint,
  }
}
