import { defineConfig } from 'vitest/config'

// Tests import the workspaces by name; this condition makes them resolve to TypeScript sources, so unit tests need no build.
// End-to-end tests start the built command and run after `tsc -b`.
export default defineConfig({
  resolve: { conditions: ['@agentproxy/source', 'module', 'node'] },
  ssr: { resolve: { conditions: ['@agentproxy/source', 'module', 'node'] } },
  test: {
    include: [
      'packages/*/src/**/*.test.ts',
      'plugins/*/src/**/*.test.ts',
      'examples/*/*.test.ts',
      'test/**/*.test.ts',
    ],
    globalSetup: ['test/postgres-setup.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    maxWorkers: 2,
  },
})
