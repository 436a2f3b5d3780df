// The gateway against a bare undici proxy, a raw translator and nginx before the same upstream, in the same run, round by round.
import { median } from './statistics.mjs'
import { atRate, bodyOf, hammer, openStreams, TOKEN, until } from './proxy/load.mjs'
import { cpuOf, memoryOf, openFilesLimit, start, startNginx } from './proxy/processes.mjs'

const PASS = { path: '/v1/messages', model: 'bench/bench' }
const TRANSLATE = { path: '/v1/chat/completions', model: 'bench-anthropic/bench' }
const KB = 1_000

/** Requests of a round, so that each round costs the proxies some tenths of a second of CPU time. */
const plans = [
  { ...PASS, scenario: 'passthrough JSON, 1 KB', bytes: KB, requests: 2_000, quick: true },
  { ...PASS, scenario: 'passthrough JSON, 100 KB', bytes: 100 * KB, requests: 500, quick: true },
  { ...PASS, scenario: 'passthrough JSON, 1 MB', bytes: 1_000 * KB, requests: 100 },
  { ...PASS, scenario: 'passthrough stream, 1 KB', bytes: KB, stream: true, requests: 250, quick: true },
  { ...PASS, scenario: 'passthrough stream, 100 KB', bytes: 100 * KB, stream: true, requests: 200 },
  { ...PASS, scenario: 'passthrough stream, 1 MB', bytes: 1_000 * KB, stream: true, requests: 80 },
  { ...TRANSLATE, scenario: 'translated JSON, 1 KB', bytes: KB, requests: 1_500, quick: true },
  { ...TRANSLATE, scenario: 'translated JSON, 100 KB', bytes: 100 * KB, requests: 250, quick: true },
  { ...TRANSLATE, scenario: 'translated JSON, 1 MB', bytes: 1_000 * KB, requests: 40 },
  { ...TRANSLATE, scenario: 'translated stream, 1 KB', bytes: KB, stream: true, requests: 200, quick: true },
  { ...TRANSLATE, scenario: 'translated stream, 100 KB', bytes: 100 * KB, stream: true, requests: 100 },
]

export async function* measure({ quick }) {
  const upstream = await start('upstream.mjs')
  const around = {
    upstream,
    bare: await start('bare-proxy.mjs', [upstream.url]),
    raw: await start('raw-translate.mjs', [upstream.url]),
    gateway: await start('gateway.mjs', [upstream.url, TOKEN]),
    full: await start('gateway.mjs', [upstream.url, TOKEN, 'full']),
    nginx: await startNginx(upstream.url),
  }
  try {
    if (around.nginx === null) yield { scenario: 'nginx', ratio: null, detail: 'not installed' }
    await warmUp(around, quick)
    for (const plan of plans)
      if (plan.quick || !quick) yield* compare(around, plan, { rounds: quick ? 3 : 9, quick })
    yield* delays(around, quick)
    for (const count of quick ? [100] : [1, 100, 1_000, 4_000]) yield* manyStreams(around, count)
  } finally {
    for (const program of Object.values(around)) await program?.end()
  }
}

/** Until the compiler is done with it, code costs several times what it costs later. */
async function warmUp({ bare, raw, gateway, full }, quick) {
  const few = quick ? 1_000 : 6_000
  const json = bodyOf({ ...PASS, bytes: KB })
  const other = bodyOf({ ...TRANSLATE, bytes: KB })
  for (const target of [bare, gateway, full]) await hammer(target, { ...PASS, payload: json, requests: few })
  for (const target of [raw, gateway, full])
    await hammer(target, { ...TRANSLATE, payload: other, requests: few / 2 })
}

/** CPU time a request, paired round by round: what else runs on the machine touches both of a pair. */
async function* compare({ bare, raw, gateway, full, nginx }, plan, { rounds, quick }) {
  const isTranslated = plan.path === TRANSLATE.path
  const programs = {
    reference: isTranslated ? raw : bare,
    gateway,
    ...((!quick || plan.bytes === KB) && { full }),
    ...(!isTranslated && nginx !== null && { nginx }),
  }
  const load = { path: plan.path, payload: bodyOf(plan), requests: plan.requests }
  const samples = Object.fromEntries(Object.keys(programs).map((name) => [name, []]))
  for (const target of Object.values(programs))
    await hammer(target, { ...load, requests: Math.ceil(plan.requests / 4) })
  for (let round = 0; round < rounds; round += 1)
    for (const [name, target] of Object.entries(programs)) samples[name].push(await hammer(target, load))
  const ratioOf = (name) =>
    median(samples[name].map(({ cpuPerRequest }, at) => cpuPerRequest / samples.reference[at].cpuPerRequest))
  const costOf = (name) => median(samples[name].map(({ cpuPerRequest }) => cpuPerRequest)).toFixed(0)
  const rateOf = (name) => median(samples[name].map(({ perSecond }) => perSecond))
  const reference = isTranslated ? 'raw-translate' : 'bare proxy'
  const beside = programs.nginx === undefined ? '' : `, nginx ${costOf('nginx')} us`
  const throughput = (rateOf('gateway') / rateOf('reference')).toFixed(2)
  yield {
    scenario: plan.scenario,
    ratio: ratioOf('gateway'),
    detail: `${costOf('gateway')} us CPU a request, ${reference} ${costOf('reference')} us${beside}; throughput ${throughput}x`,
  }
  if (programs.full === undefined) return
  yield {
    scenario: `${plan.scenario}, plugins and ledger`,
    ratio: ratioOf('full'),
    detail: `${costOf('full')} us CPU a request`,
  }
}

/** Milliseconds a proxy adds at 200 requests a second, to a JSON answer and to the first event of a stream. */
async function* delays({ upstream, bare, gateway }, quick) {
  const seconds = quick ? 2 : 5
  const rounds = quick ? 1 : 3
  for (const stream of [false, true]) {
    const payload = bodyOf({ ...PASS, bytes: KB, stream })
    const load = { path: PASS.path, payload, perSecond: stream ? 50 : 200, seconds }
    const direct = []
    const through = { bare: [], gateway: [] }
    const loop = []
    for (let round = 0; round < rounds; round += 1) {
      direct.push(await atRate(upstream, load))
      through.bare.push(await atRate(bare, load))
      await gateway.ask('watch')
      through.gateway.push(await atRate(gateway, load))
      loop.push((await gateway.ask('report')).p99Ms)
    }
    const added = (name, share) => median(through[name].map((one, at) => one[share] - direct[at][share]))
    const what = stream ? 'time to first event at 50/s' : 'JSON answer at 200/s'
    for (const share of ['p50', 'p99'])
      yield {
        scenario: `${what}: added ${share}`,
        ratio: added('gateway', share),
        unit: ' ms',
        detail: `bare proxy ${added('bare', share).toFixed(2)} ms`,
      }
    yield {
      scenario: `${what}: event loop delay p99`,
      ratio: median(loop),
      unit: ' ms',
      detail: 'timers of 10 ms',
    }
  }
}

/** Memory of a stream while many are open, and the CPU time of one event on each. */
async function* manyStreams({ upstream, bare, gateway }, count) {
  if (openFilesLimit() < 2 * count + 100) {
    const detail = `needs ${2 * count + 100} open files for one process; the limit is ${openFilesLimit()}`
    yield { scenario: `${count} open streams`, ratio: null, detail }
    return
  }
  const payload = bodyOf({ ...PASS, bytes: KB, stream: true, hold: true })
  const found = {}
  for (const [name, target] of [
    ['bare', bare],
    ['gateway', gateway],
  ])
    found[name] = await holdStreams({ upstream, target }, { path: PASS.path, payload, count })
  const { gateway: ours, bare: theirs } = found
  if (count > 1)
    yield {
      scenario: `${count} open streams: memory of one`,
      ratio: ours.bytes / KB,
      unit: ' KB',
      detail: `bare proxy ${(theirs.bytes / KB).toFixed(1)} KB`,
    }
  if (count >= 1_000)
    yield {
      scenario: `${count} open streams: CPU of an event`,
      ratio: ours.cpuPerEvent / theirs.cpuPerEvent,
      detail: `${ours.cpuPerEvent.toFixed(1)} us, bare proxy ${theirs.cpuPerEvent.toFixed(1)} us`,
    }
  yield {
    scenario: `${count} open streams: event loop delay p99`,
    ratio: ours.p99Ms,
    unit: ' ms',
    detail: 'while each gets 5 events',
  }
}

async function holdStreams({ upstream, target }, load) {
  const pulses = 5
  const before = memoryOf(target)
  const streams = await openStreams(target, load)
  await until(() => streams.all.events >= 3 * load.count, 'the first events')
  const bytes = (memoryOf(target) - before) / load.count
  await target.ask?.('watch')
  const cpu = cpuOf(target)
  for (let pulse = 1; pulse <= pulses; pulse += 1) {
    await upstream.ask('pulse')
    await until(() => streams.all.events >= (3 + pulse) * load.count, 'the events of a pulse')
  }
  const cpuPerEvent = (cpuOf(target) - cpu) / (pulses * load.count)
  const { p99Ms } = await target.ask('report')
  await upstream.ask('finish')
  await streams.close()
  return { bytes, cpuPerEvent, p99Ms }
}
