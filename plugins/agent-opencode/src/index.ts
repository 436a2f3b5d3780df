export { agentOpencode as default } from './agent-opencode.ts'
