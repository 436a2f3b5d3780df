export { agentAcp as default } from './agent-acp.ts'
