import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Bench } from './bench.ts'
import { createBench, jsonLines } from './bench.ts'

const claude = process.env['CLAUDE_BIN']

let bench: Bench
beforeEach(async () => {
  bench = await createBench()
})
afterEach(() => bench.dispose())

describe.skipIf(claude === undefined)(
  'the real Claude Code (skipped: set CLAUDE_BIN to the claude command)',
  () => {
    test('repairs the sample through our gateway, against the simulator', async () => {
      const task = ['make the failing test pass', '--agent', 'claude-code', '--model', 'simulator/fix']
      const { code, stdout } = await bench.command([...task, '--check', 'npm test', '--json'], {
        env: { CLAUDE_BIN: claude ?? '' },
      })
      expect(jsonLines(stdout).at(-1)).toMatchObject({ outcome: 'done', reason: 'verified', simulated: true })
      expect(code).toBe(0)
    })
  },
)
