import { readDefinition } from '@agentproxy/kernel'
import { fail } from '../contract/check.ts'
import type { Rule } from '../contract/check.ts'
import { messageOf } from '../contract/message-of.ts'
import { reservedPrefixes } from '@agentproxy/plugin'
import type { Subject } from '../contract/subject.ts'

const NAME = /^[a-z0-9][a-z0-9-]{0,63}$/
const PREFIX = /^\/[a-z0-9][a-z0-9-]{0,63}$/
/** semver.org, 2.0.0. */
const VERSION =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?(\+[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?$/

type Field = 'name' | 'version' | 'prefix'
type Manifest = Readonly<Record<string, unknown>>

const problems: Readonly<Record<Field, (manifest: Manifest) => string | null>> = {
  name: ({ name }) =>
    typeof name === 'string' && NAME.test(name)
      ? null
      : `the name ${JSON.stringify(name)} is not kebab-case: a-z, 0-9 and -, at most 64 letters`,
  version: ({ version, setup }) =>
    // A class plugin may leave it out.
    (version === undefined && setup === undefined) || (typeof version === 'string' && VERSION.test(version))
      ? null
      : `the version ${JSON.stringify(version)} is no semantic version, as in 1.0.0`,
  prefix: ({ prefix }) => {
    if (prefix === undefined) return null
    if (typeof prefix !== 'string' || !PREFIX.test(prefix))
      return `the prefix ${JSON.stringify(prefix)} is not one path segment, as in "/my-plugin"`
    return reservedPrefixes.includes(prefix) ? `the prefix ${prefix} belongs to the host; take another` : null
  },
}

function fieldRule(field: Field, title: string): Rule<Subject> {
  return {
    id: `manifest.${field}`,
    title,
    async run(subject) {
      const problem = problems[field](await manifestOf(subject))
      if (problem !== null) fail(problem)
    },
  }
}

/** An object to look at, whatever was given; that it is no plugin is for `plugin.loads` to say. */
async function manifestOf(subject: Subject): Promise<Manifest> {
  const made = await subject.made().catch(() => null)
  if (typeof made === 'object' && made !== null && 'name' in made) return made
  await subject.definition()
  return {}
}

export const manifestRules: readonly Rule<Subject>[] = [
  {
    id: 'plugin.loads',
    title: 'it is read, and is a plugin for this contract',
    async run(subject) {
      const made = await subject.made()
      try {
        readDefinition(made, subject.origin)
      } catch (thrown) {
        const manifest = (typeof made === 'object' && made !== null ? made : {}) as Manifest
        const told = 'name' in manifest && Object.values(problems).some((find) => find(manifest) !== null)
        if (!told) fail(messageOf(thrown), thrown)
      }
    },
  },
  fieldRule('name', 'its name is kebab-case'),
  fieldRule('version', 'its version is a semantic version'),
  fieldRule('prefix', 'its prefix is one path segment the host does not need itself'),
]
