import { providerSimulator } from './provider-simulator.ts'

export { providerSimulator }
export default providerSimulator
