// Translation between wire formats, in CPU time against JSON.parse + JSON.stringify of the same bytes; the usage tap and
// the request scanner against copying them; and whether twice the size takes twice the time.
import { createUsageTap, formats, LossReport, scanRequest } from '@agentproxy/wire'
import { median } from './statistics.mjs'

const all = Object.values(formats)
const KB = 1024
const TEXT = 'The quick brown fox reads a file, finds "the" fault on line 7, and mends it. '

/** A conversation of tool calls and results, about as large as asked. */
function conversation(bytes) {
  const messages = [{ role: 'user', content: 'Mend the failing test.' }]
  const result = TEXT.repeat(Math.max(1, Math.min(24, Math.floor(bytes / 400))))
  for (let turn = 0, size = 0; size < bytes; turn += 1, size += result.length + 400) {
    const id = `toolu_${turn}`
    messages.push(
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'Reading on.' },
          {
            type: 'tool_use',
            id,
            name: 'read_file',
            input: { path: `src/file-${turn}.ts`, lines: [1, 200] },
          },
        ],
      },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: id, content: result }] },
    )
  }
  const properties = { path: { type: 'string' }, lines: { type: 'array', items: { type: 'integer' } } }
  const tools = [{ name: 'read_file', description: 'Reads.', input_schema: { type: 'object', properties } }]
  return { model: 'm', max_tokens: 8000, stream: true, system: 'You mend tests.', tools, messages }
}

function requestBytes(format, bytes) {
  const request = formats.anthropic.readRequest(conversation(bytes), new LossReport())
  return Buffer.from(JSON.stringify(format.writeRequest(request, new LossReport())))
}

const delta = (index, one) => ({ type: 'block_delta', index, delta: one })

/** An answer of many small pieces, as models stream them. */
function answerEvents(pieces) {
  const words = TEXT.split(' ')
  const text = Array.from({ length: pieces }, (_, at) =>
    delta(0, { type: 'text', text: `${words[at % words.length]} ` }),
  )
  const json = JSON.stringify({ path: 'a.ts', content: TEXT.repeat(Math.ceil(pieces / 40)) })
  const size = Math.ceil(json.length / (pieces / 4))
  const args = Array.from({ length: Math.ceil(json.length / size) }, (_, at) =>
    delta(1, { type: 'arguments', json: json.slice(at * size, (at + 1) * size) }),
  )
  const usage = {
    inputTokens: 900,
    outputTokens: 90,
    cacheReadTokens: 700,
    cacheWriteTokens: null,
    reasoningTokens: null,
  }
  return [
    { type: 'start', id: 'a1', model: 'm' },
    { type: 'block_start', index: 0, block: { type: 'text' } },
    ...text,
    { type: 'block_stop', index: 0 },
    { type: 'block_start', index: 1, block: { type: 'tool_call', id: 'call_1', name: 'write_file' } },
    ...args,
    { type: 'block_stop', index: 1 },
    { type: 'usage', usage },
    { type: 'finish', reason: 'tool_use', stopSequence: null },
    { type: 'end' },
  ]
}

/** The stream in chunks, one event each, as they come from an upstream. */
function streamChunks(format, pieces) {
  const writer = format.createStreamWriter(new LossReport(), { created: 1 })
  return answerEvents(pieces)
    .map((event) => writer.write(event))
    .flatMap((text) => text.split(/(?<=\n\n)/))
    .filter((text) => text !== '')
    .map((text) => Buffer.from(text))
}

function translateRequest(source, target, bytes) {
  const loss = new LossReport()
  const request = source.readRequest(JSON.parse(bytes.toString()), loss)
  return Buffer.from(JSON.stringify(target.writeRequest({ ...request, model: 'm' }, loss))).length
}

function reserialise(bytes) {
  return Buffer.from(JSON.stringify(JSON.parse(bytes.toString()))).length
}

function translateStream(source, target, chunks) {
  const reader = source.createStreamReader()
  const writer = target.createStreamWriter(new LossReport(), { created: 1 })
  let length = 0
  const write = (events) => {
    let text = ''
    for (const event of events) text += writer.write(event)
    if (text !== '') length += Buffer.from(text).length
  }
  for (const chunk of chunks) write(reader.push(chunk))
  write(reader.end())
  return length
}

/** Every event parsed and written again as it came: the least any relay that looks into events does. */
function reserialiseStream(chunks) {
  let length = 0
  for (const chunk of chunks) {
    const text = chunk.toString()
    const at = text.indexOf('data: ') + 6
    const data = text.slice(at, -2)
    const json = data === '[DONE]' ? data : JSON.stringify(JSON.parse(data))
    length += Buffer.from(`${text.slice(0, at)}${json}\n\n`).length
  }
  return length
}

function copy(chunks) {
  let length = 0
  for (const chunk of chunks) length += Buffer.from(chunk).length
  return length
}

function tapAndCopy(format, chunks) {
  const tap = createUsageTap(format.name)
  for (const chunk of chunks) tap.push(chunk)
  if (tap.end().terminal !== 'end') throw new Error(`the ${format.name} stream did not end`)
  return copy(chunks)
}

function requestPlans(quick) {
  const sizes = quick ? [100 * KB] : [KB, 100 * KB, 1024 * KB]
  return sizes.flatMap((size) =>
    all.flatMap((source) => {
      const bytes = requestBytes(source, size)
      return all.map((target) => ({
        scenario: `request ${size / KB} KB, ${source.name} to ${target.name}`,
        run: () => translateRequest(source, target, bytes),
        reference: () => reserialise(bytes),
        repeat: Math.max(1, Math.ceil((400 * KB) / bytes.length)),
        say: (us) => `${(bytes.length / us).toFixed(0)} MB/s; ratio to JSON.parse + JSON.stringify`,
      }))
    }),
  )
}

function streamPlans() {
  return all.flatMap((source) => {
    const chunks = streamChunks(source, 1500)
    const plans = all.map((target) => ({
      scenario: `stream, ${source.name} to ${target.name}`,
      run: () => translateStream(source, target, chunks),
      reference: () => reserialiseStream(chunks),
      repeat: 1,
      say: (us) => `${(us / chunks.length).toFixed(2)} us an event; ratio to parsing and writing each`,
    }))
    const tap = {
      scenario: `usage tap, ${source.name}`,
      run: () => tapAndCopy(source, chunks),
      reference: () => copy(chunks),
      repeat: 4,
      say: (us) => `${(us / chunks.length).toFixed(2)} us an event; ratio to copying each`,
    }
    return [...plans, tap]
  })
}

function scanPlans() {
  return [KB, 100 * KB, 1024 * KB].map((size) => {
    const bytes = requestBytes(formats.anthropic, size)
    return {
      scenario: `scan for the model, ${size / KB} KB`,
      run: () => (scanRequest(bytes)?.model?.value === 'm' ? 1 : 0),
      reference: () => JSON.parse(bytes.toString()).model.length,
      repeat: Math.max(1, Math.ceil((2048 * KB) / bytes.length)),
      say: (us) => `${(bytes.length / us).toFixed(0)} MB/s; ratio to JSON.parse`,
    }
  })
}

/** Twice the size against the half of it, twice: 1 is linear, 2 is quadratic. */
function growthPlans() {
  return all.flatMap((source, index) => {
    const target = all[(index + 1) % all.length]
    const [small, large] = [512 * KB, 1024 * KB].map((size) => requestBytes(source, size))
    const [short, long] = [1500, 3000].map((pieces) => streamChunks(source, pieces))
    const scale = large.length / small.length
    return [
      {
        scenario: `growth of a request, ${source.name} to ${target.name}`,
        run: () => translateRequest(source, target, large),
        reference: () => translateRequest(source, target, small),
        repeat: 1,
        scale,
        say: () => 'twice the size against twice the half; 1 is linear, 2 quadratic',
      },
      {
        scenario: `growth of a stream, ${source.name} to ${target.name}`,
        run: () => translateStream(source, target, long),
        reference: () => translateStream(source, target, short),
        repeat: 2,
        scale: long.length / short.length,
        say: () => 'twice the events against twice the half; 1 is linear, 2 quadratic',
      },
    ]
  })
}

/** CPU microseconds of one call. */
function cost(call, repeat) {
  const before = process.cpuUsage()
  let sum = 0
  for (let count = 0; count < repeat; count += 1) sum += call()
  const { user, system } = process.cpuUsage(before)
  if (sum === 0) throw new Error('nothing was done')
  return (user + system) / repeat
}

export async function measure({ quick }) {
  const rounds = quick ? 5 : 11
  const plans = [...requestPlans(quick), ...streamPlans(), ...scanPlans(), ...growthPlans()]
  return plans.map(({ scenario, run, reference, repeat, scale = 1, say }) => {
    // Until the compiler is done with it, code costs several times what it costs later.
    for (let warm = 0; warm < 15; warm += 1) {
      cost(run, repeat)
      cost(reference, repeat)
    }
    const [ran, referred] = [[], []]
    for (let round = 0; round < rounds; round += 1) {
      ran.push(cost(run, repeat))
      referred.push(cost(reference, repeat))
    }
    return { scenario, ratio: median(ran) / (median(referred) * scale), detail: say(median(ran)) }
  })
}
