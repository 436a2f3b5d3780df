export { agentClaudeCode, agentClaudeCode as default } from './agent-claude-code.ts'
