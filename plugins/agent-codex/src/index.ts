export { agentCodex as default } from './agent-codex.ts'
