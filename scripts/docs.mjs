// `npm run docs [-- --check]`: fills the generated parts of the reference pages from the types they tell of.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readInterface } from './docs/read-interface.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const contract = join(root, 'packages/plugin/src')
const kernel = join(root, 'packages/kernel/src')

const cell = (text) => text.replaceAll('|', '\\|').replaceAll('\n', ' ')
const code = (text) => `\`${text}\``

const KINDS = { Observe: 'observe', Guard: 'guard', Transform: 'transform', First: 'first', Around: 'around' }
const EXCHANGE = /^(?:request|model|upstream|stream|tool|exchange|oauth)\./
const APPLICATION = /^(?:app|plugin)\./

function hooks() {
  return readInterface(join(contract, 'hooks.ts'), 'Hooks').members.map(({ name, doc, signature }) => {
    const [, kind, parameters = ''] = /: (\w+)<(.*)>$/.exec(signature)
    const [payload, second = ''] = parameters.split(/, (.*)/)
    return { name, doc, kind: KINDS[kind], payload, second }
  })
}

function hookTables() {
  const groups = [
    ['Application', ({ name }) => APPLICATION.test(name)],
    ['Task', ({ name }) => !APPLICATION.test(name) && !EXCHANGE.test(name)],
    ['Exchange', ({ name }) => EXCHANGE.test(name)],
  ]
  return groups.flatMap(([title, belongs]) => [
    `## ${String(title)}`,
    '',
    '| hook | kind | may change | when |',
    '| --- | --- | --- | --- |',
    ...hooks()
      .filter(belongs)
      .map(({ name, doc, kind, second }) => {
        const fields =
          kind === 'transform' ? [...second.matchAll(/'(\w+)'/g)].map(([, field]) => code(field)) : []
        return `| \`${name}\` | ${kind} | ${fields.join(', ')} | ${cell(doc)} |`
      }),
    '',
  ])
}

/** Which file declares an interface of the contract; null = it is no interface. */
function fileOf(name) {
  const declares = new RegExp(`^export interface ${name}\\b`, 'm')
  const file = readdirSync(contract).find(
    (one) => /^[a-z-]+\.ts$/.test(one) && declares.test(readFileSync(join(contract, one), 'utf8')),
  )
  return file === undefined ? null : join(contract, file)
}

function fieldsOf(name) {
  const { base, members: own } = readInterface(fileOf(name), name)
  return base === null || fileOf(base) === null ? own : [...fieldsOf(base), ...own]
}

/** What a type is: its fields, or for one that is no interface its own text. */
function fieldTable(name) {
  if (fileOf(name) === null) return [code(aliasText(name).replaceAll(/\s+/g, ' ')), '']
  return [
    '| field | type | meaning |',
    '| --- | --- | --- |',
    ...fieldsOf(name).map((field) => {
      const [, optional, type] = /^(?:readonly )?'?[\w.-]+'?(\??): (.*)$/.exec(field.signature) ?? []
      if (type === undefined)
        return `| \`${field.name}\` | ${cell(code(field.signature))} | ${cell(field.doc)} |`
      return `| \`${field.name}${optional}\` | ${cell(code(type))} | ${cell(field.doc)} |`
    }),
    '',
  ]
}

function aliasText(name) {
  const declared = new RegExp(`^export (type ${name} =[\\s\\S]*?)\\n\\n`, 'm')
  for (const file of readdirSync(contract)) {
    const found = declared.exec(`${readFileSync(join(contract, file), 'utf8')}\n\n`)
    if (found !== null) return found[1]
  }
  throw new Error(`no file of the contract declares ${name}`)
}

const docOf = (name) => (fileOf(name) === null ? '' : readInterface(fileOf(name), name).doc)

function hookPayloads() {
  const all = hooks()
  const types = new Set(
    all.flatMap(({ payload, second, kind }) =>
      kind === 'first' || kind === 'around' ? [payload, second] : [payload],
    ),
  )
  return [...types].flatMap((type) => {
    const users = all.filter(({ payload }) => payload === type).map(({ name }) => code(name))
    const answers = all.filter(({ second }) => second === type).map(({ name }) => code(name))
    const head =
      users.length > 0 ? `Payload of ${users.join(' and ')}.` : `The answer of ${answers.join(' and ')}.`
    const doc = docOf(type)
    return [`### ${type}`, '', `${head}${doc === '' ? '' : ` ${doc}`}`, '', ...fieldTable(type)]
  })
}

function members(file, name) {
  return readInterface(file, name).members.flatMap(({ name: member, doc, signature }) => [
    `### ${member}`,
    '',
    code(signature),
    '',
    ...(doc === '' ? [] : [doc, '']),
  ])
}

const types = (...names) =>
  names.flatMap((name) => {
    const doc = docOf(name)
    return [`### ${name}`, '', ...(doc === '' ? [] : [doc, '']), ...fieldTable(name)]
  })

function optionTable() {
  const rows = readInterface(join(kernel, 'plugin-manager-options.ts'), 'PluginManagerOptions').members
  return [
    '| option | type | meaning |',
    '| --- | --- | --- |',
    ...rows.map(({ name, doc, signature }) => {
      const [, type] = /\?: (.*)$/.exec(signature)
      return `| \`${name}\` | ${cell(code(type))} | ${cell(doc)} |`
    }),
    '',
  ]
}

/** The parts of each page, by the name in its marks. */
const pages = {
  'docs/reference/hooks.md': { hooks: hookTables, payloads: hookPayloads },
  'docs/reference/plugin-api.md': {
    manifest: () => types('PluginManifest'),
    context: () => members(join(contract, 'context.ts'), 'PluginContext'),
    types: () =>
      types(
        'HookOptions',
        'ToolDefinition',
        'ToolContext',
        'RouteOptions',
        'RouteContext',
        'IntervalSchedule',
        'CronSchedule',
        'HealthResult',
        'PluginCheck',
        'PluginCheckRun',
        'PluginCheckVerdict',
        'ReasonerDefinition',
        'ReasonerInput',
        'ReasonerDecision',
        'CommandDefinition',
        'CommandInput',
        'CommandOutput',
        'OAuthProvider',
        'ProviderDefinition',
        'CredentialRule',
        'AgentDefinition',
        'AgentCapabilities',
        'AgentTurn',
        'AgentTurnResult',
        'AgentSpawn',
        'AgentProcess',
        'AgentPermissionRequest',
        'AgentPermissionAnswer',
        'PermissionOption',
        'PluginStorage',
        'PluginSecrets',
        'Secret',
        'HttpInit',
        'PluginEvents',
        'Plugin',
      ),
  },
  'docs/reference/manager.md': {
    options: optionTable,
    manager: () => members(join(kernel, 'plugin-manager.ts'), 'PluginManager'),
    events: () => members(join(kernel, 'events/manager-events.ts'), 'ManagerEvents'),
  },
}

const check = process.argv.includes('--check')
let stale = 0
for (const [page, parts] of Object.entries(pages)) {
  const file = join(root, page)
  const before = readFileSync(file, 'utf8')
  let after = before
  for (const [name, make] of Object.entries(parts)) {
    const part = new RegExp(`(<!-- generated: ${name} -->\\n)[\\s\\S]*?(<!-- end of ${name} -->)`)
    if (!part.test(after)) throw new Error(`${page} has no marks for ${name}`)
    after = after.replace(part, (_all, start, end) => `${start}\n${make().join('\n')}\n${end}`)
  }
  if (after === before) continue
  stale += 1
  if (check) console.error(`${page} is not up to date: npm run docs`)
  else {
    writeFileSync(file, after)
    console.log(`${page} written`)
  }
}
process.exit(check && stale > 0 ? 1 : 0)
