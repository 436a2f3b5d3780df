/** Where and within what limits a check is performed. */
export interface Surroundings {
  /** Real path of the working directory. */
  readonly dir: string
  /** The whole environment of processes it starts. */
  readonly env: Readonly<Record<string, string>>
  /** Takes the whole output; further files get names that begin with it. */
  readonly outputFile: string
  readonly limitMs: number
  /** Milliseconds between SIGTERM and SIGKILL. */
  readonly graceMs: number
  readonly signal: AbortSignal
  /** Makes known that a process is about to start and gives the marker by which it can be found again. */
  readonly announce: (what: string) => Promise<string>
}
