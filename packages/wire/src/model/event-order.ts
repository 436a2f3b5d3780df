import type { ModelEvent } from './event.ts'

/**
 * Guards the legal order of events: one `start`, then blocks one after the other, each opened and closed once, then
 * one `finish`, then `end`; `error` may end it anywhere. Throws TypeError on anything else: that is a bug of whoever
 * made the events, not of the upstream.
 */
export function createEventOrder(): (event: ModelEvent) => void {
  let phase: 'new' | 'open' | 'finished' | 'over' = 'new'
  let openIndex: number | null = null
  const used = new Set<number>()

  const require = (condition: boolean, event: ModelEvent): void => {
    if (!condition)
      throw new TypeError(`illegal event order: "${event.type}" while ${phase}, open block: ${openIndex}`)
  }

  return (event) => {
    require(phase !== 'over', event)
    switch (event.type) {
      case 'start':
        require(phase === 'new', event)
        phase = 'open'
        return
      case 'block_start':
        require(phase === 'open' && openIndex === null && !used.has(event.index), event)
        used.add(event.index)
        openIndex = event.index
        return
      case 'block_delta':
        require(openIndex === event.index, event)
        return
      case 'block_stop':
        require(openIndex === event.index, event)
        openIndex = null
        return
      case 'finish':
        require(phase === 'open' && openIndex === null, event)
        phase = 'finished'
        return
      case 'end':
        require(phase === 'finished', event)
        phase = 'over'
        return
      case 'error':
        phase = 'over'
        return
      case 'usage':
      case 'ping':
      case 'opaque':
        return
    }
  }
}
