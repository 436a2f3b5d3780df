import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { root } from '../repository.ts'

const run = promisify(execFile)

// The seeds are those of a task killed in a worktree and of a killed gateway; scripts/chaos.mjs itself runs hundreds.
test.each([
  ['pa', '77'],
  ['gateway', '7'],
])('kill -9 of the %s at a random moment (seed %s)', { timeout: 600_000 }, async (victim, seed) => {
  const { stdout } = await run(process.execPath, [
    join(root, 'scripts/chaos.mjs'),
    '--runs',
    '1',
    '--seed',
    seed,
  ])
  expect(stdout).toContain(`ok    ${victim}`)
  expect(stdout).toContain('1 runs, 0 failed')
})
