import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { SimulatorError } from '../simulator-error.ts'
import { tempFolder } from '../testing/temp-folder.ts'
import { loadScenarios } from './load-scenarios.ts'

const SHIPPED = fileURLToPath(new URL('../../scenarios/', import.meta.url))

test('the shipped scenarios are sound, and whatever a person may read in them says that it is simulated', () => {
  const catalog = loadScenarios([SHIPPED])
  expect([...catalog.keys()].toSorted()).toEqual([
    'breaks-tests',
    'claims-done',
    'fix',
    'flaky-upstream',
    'loops',
    'reasoner',
  ])
  for (const scenario of catalog.values()) {
    const words = scenario.steps.flatMap(({ then }) =>
      then.flatMap(({ text, thinking, json, fault }) => [
        ...[text, thinking].filter((spoken) => spoken !== undefined),
        ...(json === undefined ? [] : [String(json['reason'])]),
        ...(typeof fault === 'object' ? [fault.message] : []),
      ]),
    )
    for (const text of words) expect(text).toMatch(/^\[simulated\] /)
  }
})

test('a scenario that continues another plays its own steps first', () => {
  const catalog = loadScenarios([SHIPPED])
  const fix = catalog.get('fix')
  const flaky = catalog.get('flaky-upstream')
  expect(flaky?.steps.slice(3)).toEqual(fix?.steps)
  expect(flaky?.captures).toEqual(fix?.captures)
})

const step = 'steps: [{ then: [{ text: hi }] }]'
const head = 'name: n\ndescription: d\n'

test.each([
  ['an unknown key', `${head}captrues: {}\n${step}`, /bad\.yaml .*Unrecognized key: "captrues"/],
  ['no step', `${head}steps: []`, /bad\.yaml .*steps: /],
  [
    'two actions in one',
    `${head}steps: [{ then: [{ text: a, delayMs: 1 }] }]`,
    /steps\[0\]\.then\[0\]: must have exactly one of/,
  ],
  [
    'a pattern that is none',
    `${head}steps: [{ when: { text: '(' }, then: [{ text: a }] }]`,
    /steps\[0\]\.when\.text: .*regular exp/,
  ],
  [
    'a count that is none',
    `${head}steps: [{ when: { turn: many }, then: [{ text: a }] }]`,
    /when\.turn: must be a whole number/,
  ],
  ['an unknown fault', `${head}steps: [{ then: [{ fault: fire }] }]`, /then\[0\]\.fault: must be reset, cut/],
  [
    'a status after a text',
    `${head}steps: [{ then: [{ text: a }, { fault: { status: 500 } }] }]`,
    /only action/,
  ],
  ['broken YAML', 'name: [', /bad\.yaml .*line \d/],
  ['a missing continuation', `${head}continues: nowhere\n${step}`, /no scenario "nowhere"/],
  ['a circle', `${head}continues: bad\n${step}`, /circle/],
])('%s is refused with the file and the place', (_name, text, message) => {
  const load = () => loadScenarios([tempFolder({ 'bad.yaml': text })])
  expect(load).toThrow(message)
  expect(load).toThrow(expect.objectContaining({ code: 'SCENARIO_INVALID' }))
})

test('two files for one model are refused, naming both', () => {
  const [one, two] = [tempFolder({ 'a.yaml': head + step }), tempFolder({ 'a.yaml': head + step })]
  expect(() => loadScenarios([one, two])).toThrow(new RegExp(`${two}.*already a scenario "a" in ${one}`))
})

test('a folder that is not there is refused by name', () => {
  expect(() => loadScenarios(['/no/such/folder'])).toThrow(/\/no\/such\/folder/)
  expect(SimulatorError.is(new Error('other'))).toBe(false)
})
