// `node scripts/fuzz-wire.mjs [--minutes N] [--seed S]`: the fuzz test of packages/wire for longer, or again from a seed.
import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'

const { values } = parseArgs({ options: { minutes: { type: 'string' }, seed: { type: 'string' } } })
const minutes = Number(values.minutes ?? 10)
const seed = Number(values.seed ?? Date.now() % 2 ** 32)
if (!(minutes > 0) || !Number.isInteger(seed)) {
  console.error('usage: node scripts/fuzz-wire.mjs [--minutes N] [--seed S]')
  process.exit(2)
}

const env = { ...process.env, WIRE_FUZZ_MS: String(minutes * 60_000), WIRE_FUZZ_SEED: String(seed) }
console.log(`fuzzing the readers of packages/wire for ${minutes} min, seed ${seed}`)
const run = spawnSync('npx', ['vitest', 'run', 'packages/wire/src/fuzz.test.ts'], {
  cwd: new URL('..', import.meta.url),
  env,
  stdio: 'inherit',
  shell: process.platform === 'win32',
})
process.exit(run.status ?? 1)
