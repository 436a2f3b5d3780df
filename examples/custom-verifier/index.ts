// A verification in code, beside the commands: every source file bears a licence header.
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { definePlugin } from '@agentproxy/plugin'
import { z } from 'zod'
import { sourceFiles } from './source-files.ts'

const HEAD_BYTES = 1024

const config = z.object({
  /** What each file must say within its first kibibyte. */
  header: z.string().min(1).default('SPDX-License-Identifier:'),
  folders: z.array(z.string().min(1)).default(['src']),
  endings: z.array(z.string().startsWith('.')).default(['.js', '.ts']),
})

export default definePlugin({
  name: 'custom-verifier',
  version: '1.0.0',
  description: 'Every source file bears a licence header',
  config,
  setup(ctx) {
    const { header, folders, endings } = ctx.config
    ctx.check({
      name: 'licence-header',
      description: `Every source file says "${header}" at its beginning`,
      timeoutMs: 60_000,
      async run({ workingDir, signal }) {
        const missing: string[] = []
        let seen = 0
        for (const folder of folders) {
          for await (const file of sourceFiles(workingDir, folder, endings)) {
            signal.throwIfAborted()
            seen++
            if (!(await beginning(join(workingDir, file))).includes(header)) missing.push(file)
          }
        }
        // No file, no proof: a typing error in `folders` must not pass for success.
        if (seen === 0)
          return { verdict: 'vacuous', reason: `there is no source file in ${folders.join(', ')}` }
        if (missing.length === 0) return { verdict: 'pass', reason: `${seen} source files bear it` }
        return {
          verdict: 'fail',
          reason: `${missing.length} of ${seen} source files lack it`,
          output: `Without "${header}":\n${missing.map((file) => `  ${file}`).join('\n')}\n`,
        }
      },
    })
  },
})

async function beginning(file: string): Promise<string> {
  const handle = await open(file)
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0)
    return buffer.toString('utf8', 0, bytesRead)
  } finally {
    await handle.close()
  }
}
