export { providerAnthropic, providerAnthropic as default } from './provider-anthropic.ts'
