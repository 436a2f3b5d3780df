// Cold start of a host with 0, 10 and 50 plugins in files, against a Node process that imports as many plain modules.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { median } from './statistics.mjs'

const host = fileURLToPath(new URL('startup/host.mjs', import.meta.url))
const plugin = (name) => `import { definePlugin } from '@agentproxy/plugin'
export default definePlugin({ name: '${name}', version: '1.0.0', setup(ctx) {
  ctx.hook('task.start', () => undefined)
  ctx.tool('${name}.answer', { description: 'Answers', parameters: {}, execute: () => 42 })
} })
`

export async function measure({ quick }) {
  const root = mkdtempSync(join(tmpdir(), 'agentproxy-bench-'))
  try {
    const plans = [0, 10, 50].flatMap((count) => {
      const folder = join(root, `plugins-${count}`)
      mkdirSync(folder)
      const names = Array.from({ length: count }, (_none, index) => `plugin-${index}`)
      for (const name of names) writeFileSync(join(folder, `${name}.mjs`), plugin(name))
      const plain = join(root, `plain-${count}.mjs`)
      for (const name of names)
        writeFileSync(join(root, `${count}-${name}.mjs`), `export default '${name}'\n`)
      const imports = names.map((name) => `await import('./${count}-${name}.mjs')`)
      writeFileSync(plain, `${imports.join('\n')}\nprocess.exit(0)\n`)
      return [
        { count, kind: 'plain', args: [plain] },
        { count, kind: 'host', args: [host, folder, String(count)] },
      ]
    })
    const samples = new Map(plans.map((plan) => [plan, []]))
    for (let round = -1; round < (quick ? 5 : 15); round += 1) {
      for (const plan of plans) {
        const started = performance.now()
        execFileSync(process.execPath, plan.args)
        if (round >= 0) samples.get(plan).push(performance.now() - started)
      }
    }
    const cost = (count, kind) =>
      median(samples.get(plans.find((plan) => plan.count === count && plan.kind === kind)))
    return [0, 10, 50].map((count) => ({
      scenario: `cold start, ${count} plugins`,
      ratio: cost(count, 'host') / cost(count, 'plain'),
      detail: `${cost(count, 'host').toFixed(0)} ms; plain modules ${cost(count, 'plain').toFixed(0)} ms`,
    }))
  } finally {
    rmSync(root, { recursive: true })
  }
}
