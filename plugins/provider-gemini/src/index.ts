export { providerGemini, providerGemini as default } from './provider-gemini.ts'
