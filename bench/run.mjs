// `npm run bench [-- NAME...] [--quick]`: builds, runs the named benchmarks, compares ratios with ceilings.json.
import { readFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { build, ensureInstalled } from '../scripts/setup.mjs'

const all = ['hooks', 'tools', 'sandbox', 'reload', 'startup', 'proxy', 'translate', 'supervisor', 'sessions']
const args = process.argv.slice(2)
const quick = args.includes('--quick')
const names = args.filter((arg) => !arg.startsWith('--'))
const unknown = names.filter((name) => !all.includes(name))
if (unknown.length > 0 || args.includes('--help')) {
  console.log(`npm run bench [-- ${all.join('|')}] [--quick]`)
  process.exit(unknown.length > 0 ? 2 : 0)
}

try {
  ensureInstalled()
} catch (error) {
  console.error(error.message)
  process.exit(1)
}
if (build() !== 0) process.exit(1)

const ceilings = JSON.parse(readFileSync(new URL('ceilings.json', import.meta.url), 'utf8'))
console.log(`node ${process.version}, ${cpus().length} x ${cpus()[0]?.model ?? 'unknown CPU'}`)

let exceeded = 0
for (const name of names.length > 0 ? names : all) {
  console.log(`\n${name}`)
  const { measure } = await import(`./${name}.mjs`)
  for await (const { scenario, ratio, unit = 'x', detail } of await measure({ quick })) {
    const ceiling = ceilings[name]?.[scenario]
    const over = ceiling !== undefined && ratio !== null && ratio > ceiling
    if (over) exceeded += 1
    const shown = ratio === null ? '      -' : `${ratio.toFixed(2)}${unit}`.padStart(7)
    const limit =
      ceiling === undefined
        ? ''
        : over
          ? `  OVER the ceiling of ${ceiling}${unit}`
          : `  (ceiling ${ceiling}${unit})`
    console.log(`  ${scenario.padEnd(44)} ${shown}  ${detail}${limit}`)
  }
}
process.exit(exceeded === 0 ? 0 : 1)
