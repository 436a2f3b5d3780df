/** What a guard or transform handler says; returning nothing means the same as {@link ok}. */
export interface Continue {
  readonly action: 'continue'
}

/** Stops the action the hook stands before. `reason` is shown to the person and kept in the log. */
export interface Block {
  readonly action: 'block'
  readonly reason: string
}

/** Replaces some of the payload's modifiable fields; fields left out stay as they were. */
export interface Modify<Fields> {
  readonly action: 'modify'
  readonly patch: Fields
}

const CONTINUE: Continue = Object.freeze({ action: 'continue' })

/** Go on unchanged. */
export function ok(): Continue {
  return CONTINUE
}

/** Stop here, and say why. */
export function block(reason: string): Block {
  return { action: 'block', reason }
}

/** Go on with these fields replaced. Only the fields the hook declares modifiable are accepted. */
export function modify<const Fields>(patch: Fields): Modify<Fields> {
  return { action: 'modify', patch }
}

/** The three outcomes under one name, for those who prefer `PluginResult.block(...)`. */
export const PluginResult = Object.freeze({ ok, block, modify })
