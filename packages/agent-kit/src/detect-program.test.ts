import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { detectProgram } from './detect-program.ts'
import type { Program } from './program.ts'

const program: Program = {
  displayName: 'Some agent',
  command: 'some-agent',
  variable: 'SOME_AGENT_BIN',
  configured: null,
  setting: '"bin" of agent-some',
}

function install(folder: string, version: string): string {
  const file = join(folder, 'some-agent')
  writeFileSync(file, `#!/bin/sh\necho asked >> ${folder}/asked\necho some-agent ${version}\n`)
  chmodSync(file, 0o755)
  return file
}

test('a program is asked for its version once, and again when it was replaced', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'detect-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  onTestFinished(() => void vi.unstubAllEnvs())
  vi.stubEnv('SOME_AGENT_BIN', '')
  vi.stubEnv('PATH', `${folder}:${process.env['PATH'] ?? ''}`)
  expect(await detectProgram(program)).toMatchObject({
    available: false,
    problem: expect.stringContaining('`some-agent` is on PATH, or set SOME_AGENT_BIN'),
  })
  install(folder, '1.2.3')
  const found = { available: true, version: '1.2.3', problem: null }
  expect([await detectProgram(program), await detectProgram(program)]).toEqual([found, found])
  expect(readFileSync(join(folder, 'asked'), 'utf8')).toBe('asked\n')
  install(folder, '1.10.0')
  expect(await detectProgram(program)).toEqual({ ...found, version: '1.10.0' })
})

test('a name in the configuration is looked for on the PATH like any command', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'detect-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  onTestFinished(() => void vi.unstubAllEnvs())
  vi.stubEnv('SOME_AGENT_BIN', '')
  vi.stubEnv('PATH', `${folder}:${process.env['PATH'] ?? ''}`)
  install(folder, '2.0.0')
  const named = { ...program, command: 'another', configured: 'some-agent' }
  expect(await detectProgram(named)).toMatchObject({ version: '2.0.0' })
  expect(await detectProgram({ ...named, configured: '/nowhere/x' })).toMatchObject({
    problem: expect.stringContaining('"bin" of agent-some'),
  })
})
