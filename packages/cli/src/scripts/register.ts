// Imported by Node before a plugin's tests, in their own process.
import { registerScripts } from '@agentproxy/kernel'

registerScripts(import.meta.url)
