// Writes packages/gateway/data/prices.json anew from @pydantic/genai-prices (MIT), whose dated data are kept by people who
// follow the vendors' price lists. Models that it does not know stay as they are.
// Usage: node scripts/prices.mjs
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findProvider } from '@pydantic/genai-prices'
import { root } from './setup.mjs'

const FILE = join(root, 'packages/gateway/data/prices.json')
/** Our name for a vendor -> the package's. */
const VENDORS = { anthropic: 'anthropic', openai: 'openai', gemini: 'google' }
/** Sold by other measures than tokens of text, or not through a format we speak. */
const OTHER_SORTS =
  /audio|image|realtime|transcribe|tts|live|moderation|instruct|:|\.ft-|^(?:ada|babbage|curie|davinci|text-|computer-use)/
const DATED = /-(?:\d{8}|\d{4}-\d{2}-\d{2})$/

const { version } = JSON.parse(
  readFileSync(join(root, 'node_modules/@pydantic/genai-prices/package.json'), 'utf8'),
)
const table = JSON.parse(readFileSync(FILE, 'utf8'))
const today = new Date().toISOString().slice(0, 10)

for (const [ours, theirs] of Object.entries(VENDORS)) {
  const vendor = table.vendors[ours]
  const found = {}
  for (const model of findProvider({ providerId: theirs }).models) {
    const price = toPrice(model.prices)
    if (price === null) continue
    for (const name of namesOf(model)) if (isWanted(ours, name)) found[name] ??= price
  }
  vendor.models = sorted({ ...vendor.models, ...found })
}
table.date = today
table.source = `@pydantic/genai-prices ${version}; what that does not know, each vendor's own source`
writeFileSync(FILE, `${JSON.stringify(table, null, 2)}\n`)
console.log(`${FILE} written; format it with: npm run format`)

/** Tiers in our form; null where the price is no price of text by tokens, or its tiers begin at different lengths. */
function toPrice(prices) {
  const now = Array.isArray(prices)
    ? prices.findLast(({ constraint }) => holdsToday(constraint))?.prices
    : prices
  if (now?.input_mtok === undefined || now.output_mtok === undefined) return null
  const starts = [
    ...new Set(Object.values(now).flatMap((rate) => (rate.tiers ?? []).map(({ start }) => start))),
  ]
  if (starts.length > 1) return null
  return [...starts, null].map((upToInputTokens, tier) => ({
    upToInputTokens,
    input: rateOf(now.input_mtok, tier),
    output: rateOf(now.output_mtok, tier),
    cachedInput: rateOf(now.cache_read_mtok, tier),
    cacheWrite: rateOf(now.cache_write_mtok, tier),
  }))
}

function holdsToday(constraint) {
  if (constraint === undefined) return true
  return constraint.type === 'start_date' && constraint.start_date <= today
}

function rateOf(rate, tier) {
  if (rate === undefined) return null
  return typeof rate === 'number' || tier === 0 ? (rate.base ?? rate) : rate.tiers[0].price
}

/** Its id and its other names in full; a dated name is found by its family's. */
function namesOf({ id, match }) {
  return [...new Set([id, ...fullNames(match).filter((name) => !DATED.test(name))])]
}

function fullNames(match) {
  if (match.equals !== undefined) return [match.equals]
  return [...(match.or ?? []), ...(match.and ?? [])].flatMap(fullNames)
}

function isWanted(vendor, name) {
  if (OTHER_SORTS.test(name)) return false
  return vendor !== 'gemini' || /^(?:gemini|gemma)-/.test(name)
}

function sorted(models) {
  return Object.fromEntries(Object.entries(models).toSorted(([one], [other]) => (one < other ? -1 : 1)))
}
