export { agentBuiltin, agentBuiltin as default } from './agent-builtin.ts'
