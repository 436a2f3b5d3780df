export { providerOpenai, providerOpenai as default } from './provider-openai.ts'
