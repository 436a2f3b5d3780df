import type { Launch } from './launch.ts'

const HOME = '{stateDir}/home'

/**
 * Over the settings of a project: how it logs in, and that it sends no statistics of its own. A folder that is not trusted
 * gets neither its settings nor its variables used; its instructions, which go with them, are handed over (`instructions`).
 */
const GEMINI_SETTINGS = JSON.stringify({
  security: { auth: { selectedType: 'gemini-api-key' }, folderTrust: { enabled: true } },
  privacy: { usageStatisticsEnabled: false },
  general: { enableAutoUpdate: false },
})

/** Agents whose command line is known. Each has a home of its own in the task: no login of the person is used. */
export const presets = [
  {
    name: 'gemini',
    displayName: 'Gemini CLI',
    command: 'gemini',
    args: ['--acp', '-m', '{model}'],
    env: {
      HOME,
      GEMINI_CLI_HOME: HOME,
      GEMINI_CLI_SYSTEM_SETTINGS_PATH: `${HOME}/agentproxy.json`,
      GEMINI_API_KEY: '{gatewayToken}',
      GOOGLE_GEMINI_BASE_URL: '{gatewayUrl}',
      // Else it starts itself once more, and the parent would be ended without the child.
      GEMINI_CLI_NO_RELAUNCH: 'true',
    },
    files: { 'home/agentproxy.json': GEMINI_SETTINGS },
    instructions: { from: 'GEMINI.md', to: 'home/.gemini/GEMINI.md' },
    // Offered files, it refuses to write one that is not there yet.
    clientFiles: false,
    asksPermission: true,
    reportsUsage: true,
  },
  {
    name: 'copilot',
    displayName: 'GitHub Copilot CLI',
    command: 'copilot',
    args: ['--acp'],
    env: {
      HOME,
      COPILOT_OFFLINE: 'true',
      COPILOT_AUTO_UPDATE: 'false',
      COPILOT_MODEL: '{model}',
      COPILOT_PROVIDER_BASE_URL: '{gatewayUrl}/v1',
      COPILOT_PROVIDER_API_KEY: '{gatewayToken}',
    },
    files: {},
    clientFiles: true,
    asksPermission: true,
    reportsUsage: true,
  },
  {
    name: 'qwen',
    displayName: 'Qwen Code',
    command: 'qwen',
    args: ['--acp', '--auth-type', 'openai'],
    env: {
      HOME,
      OPENAI_MODEL: '{model}',
      OPENAI_BASE_URL: '{gatewayUrl}/v1',
      OPENAI_API_KEY: '{gatewayToken}',
    },
    files: {},
    clientFiles: true,
    asksPermission: true,
    reportsUsage: false,
  },
] as const satisfies readonly Launch[]
