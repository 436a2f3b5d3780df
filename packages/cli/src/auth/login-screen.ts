/** How a login speaks with the person. */
export interface LoginScreen {
  /** An address to open, and a code to type there where `code` is not null. */
  show(page: { readonly url: string; readonly code: string | null }): void
  /** One line of what the person types or pastes. Rejects with the signal's reason. */
  ask(question: string, signal: AbortSignal): Promise<string>
}
