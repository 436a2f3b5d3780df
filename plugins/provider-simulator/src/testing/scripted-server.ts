import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { loadScenarios } from '../scenario/load-scenarios.ts'
import { startServer } from '../server/start-server.ts'
import { tempFolder } from './temp-folder.ts'

const SHIPPED = fileURLToPath(new URL('../../scenarios/', import.meta.url))

/** A running simulator with the shipped scenarios and these; its base URL. Closed when the test ends. */
export async function scriptedServer(scenarios: Readonly<Record<string, string>> = {}): Promise<string> {
  const files = Object.entries(scenarios).map(([model, steps]) => [
    `${model}.yaml`,
    `name: ${model}\ndescription: for a test\nsteps:\n${steps}`,
  ])
  const server = await startServer(loadScenarios([SHIPPED, tempFolder(Object.fromEntries(files))]))
  onTestFinished(() => server.close())
  return server.url
}
