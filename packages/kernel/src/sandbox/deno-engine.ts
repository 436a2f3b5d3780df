import type { StartEngine } from './engine.ts'
export const startDeno: StartEngine = () => Promise.reject(new Error('x'))
