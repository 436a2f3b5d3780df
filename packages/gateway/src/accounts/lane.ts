/** How calls go on one account with one model: a circuit breaker and two cool-downs. Times in milliseconds since 1970. */
export interface Lane {
  /** Failures in a row. */
  readonly failures: number
  readonly failedAt: number
  /** The breaker lets nothing through before then, and one probe after; null = it is closed. */
  readonly openUntil: number | null
  /** How often it opened without a success in between. */
  readonly opened: number
  /** A probe is under way. */
  readonly probing: boolean
  /** The upstream said not to come back before then. */
  readonly coolUntil: number
  /** Others are to be preferred until then. */
  readonly avoidUntil: number
}

/** `probe` is what `takesProbe` said when the call began. `untilMs` is when the upstream wants to be asked again, if it said. */
export type LaneEvent =
  | { readonly type: 'started' }
  | { readonly type: 'succeeded'; readonly probe: boolean }
  /** The upstream is at fault: the breaker counts it. */
  | { readonly type: 'failed'; readonly probe: boolean; readonly untilMs: number | null }
  /** Too many requests: it works, but not for now. */
  | { readonly type: 'limited'; readonly probe: boolean; readonly untilMs: number | null }
  /** The credential was refused. */
  | { readonly type: 'rejected'; readonly probe: boolean }
  /** The call proved nothing: the client left, or the request itself was at fault. */
  | { readonly type: 'released'; readonly probe: boolean }

export const FAILURES_TO_OPEN = 5
/** Failures further apart than this are no row. */
const FAILURE_WINDOW_MS = 60_000
const OPEN_MS = 5_000
export const LONGEST_OPEN_MS = 60_000
const AVOID_LIMITED_MS = 5_000
const AVOID_REJECTED_MS = 60_000
/** Weekly quotas are the longest that vendors name. */
export const LONGEST_COOL_MS = 7 * 24 * 3_600_000

export const restingLane: Lane = Object.freeze({
  failures: 0,
  failedAt: 0,
  openUntil: null,
  opened: 0,
  probing: false,
  coolUntil: 0,
  avoidUntil: 0,
})

/** The lane after an event. Pure: the same arguments give the same lane. */
export function nextLane(lane: Lane, event: LaneEvent, now: number): Lane {
  switch (event.type) {
    case 'started':
      return takesProbe(lane, now) ? { ...lane, probing: true } : lane
    case 'succeeded':
      if (lane === restingLane) return lane
      return { ...restingLane, coolUntil: lane.coolUntil, probing: lane.probing && !event.probe }
    case 'failed':
      return cooled(event.probe ? reopened(lane, now) : counted(lane, now), event.untilMs, now)
    case 'limited': {
      const settled = settleProbe(lane, event.probe)
      return event.untilMs === null
        ? { ...settled, avoidUntil: Math.max(lane.avoidUntil, now + AVOID_LIMITED_MS) }
        : cooled(settled, event.untilMs, now)
    }
    case 'rejected':
      return { ...settleProbe(lane, event.probe), avoidUntil: now + AVOID_REJECTED_MS }
    case 'released':
      return settleProbe(lane, event.probe)
  }
}

/** Whether a call that begins now is the one that tries an open breaker. */
export function takesProbe(lane: Lane, now: number): boolean {
  return lane.openUntil !== null && now >= lane.openUntil && !lane.probing
}

/** When a call may be made; a time that is not after `now` means at once. */
export function readyAt(lane: Lane, now: number): number {
  const { openUntil, probing, coolUntil } = lane
  if (openUntil === null) return coolUntil
  // Nobody knows how long a probe takes: ask again soon.
  return Math.max(coolUntil, probing && now >= openUntil ? now + 1_000 : openUntil)
}

/** Whether a lane says nothing that needs to be remembered. */
export function isResting(lane: Lane, now: number): boolean {
  const { failures, openUntil, failedAt, coolUntil, avoidUntil } = lane
  const isForgotten = failures === 0 || now - failedAt > FAILURE_WINDOW_MS
  return isForgotten && openUntil === null && coolUntil <= now && avoidUntil <= now
}

function settleProbe(lane: Lane, probe: boolean): Lane {
  return probe ? { ...lane, probing: false } : lane
}

function counted(lane: Lane, now: number): Lane {
  // A call that was under way when the breaker opened adds nothing to what is known.
  if (lane.openUntil !== null) return lane
  const failures = (now - lane.failedAt > FAILURE_WINDOW_MS ? 0 : lane.failures) + 1
  const failed = { ...lane, failures, failedAt: now }
  return failures < FAILURES_TO_OPEN ? failed : reopened(failed, now)
}

function reopened(lane: Lane, now: number): Lane {
  const openMs = Math.min(LONGEST_OPEN_MS, OPEN_MS * 2 ** Math.min(lane.opened, 10))
  return { ...lane, openUntil: now + openMs, opened: lane.opened + 1, probing: false, failedAt: now }
}

function cooled(lane: Lane, untilMs: number | null, now: number): Lane {
  if (untilMs === null) return lane
  return { ...lane, coolUntil: Math.max(lane.coolUntil, Math.min(untilMs, now + LONGEST_COOL_MS)) }
}
