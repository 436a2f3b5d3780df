/**
 * What agents and checks get of our own environment. Nothing else passes: an agent hands its whole environment to every
 * tool it runs, so keys and tokens of the person's shell stay out.
 */
const ALLOWED: readonly string[] = [
  // Who and where.
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'SHELL',
  'TMPDIR',
  'TERM',
  'TZ',
  'LANG',
  // Certificates of a company's network.
  'NODE_EXTRA_CA_CERTS',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  // The browser of checks.
  'CHROMIUM_BIN',
  // Where toolchains live, so that a check finds what the person's shell finds.
  'NVM_DIR',
  'VOLTA_HOME',
  'PNPM_HOME',
  'PYENV_ROOT',
  'VIRTUAL_ENV',
  'CONDA_PREFIX',
  'JAVA_HOME',
  'GOPATH',
  'GOROOT',
  'GOCACHE',
  'GOMODCACHE',
  'CARGO_HOME',
  'RUSTUP_HOME',
]
const ALLOWED_PREFIXES: readonly string[] = ['LC_', 'XDG_']

/** The variable by which every descendant of an agent or a check is found again, even one that left its group. */
export const MARKER_VARIABLE = 'AGENTPROXY_PROCESS'

export type Environment = Readonly<Record<string, string | undefined>>

/** The allow-listed part of `env`. */
export function allowedEnvironment(env: Environment): Record<string, string> {
  const allowed: Record<string, string> = {}
  for (const [name, value] of Object.entries(env)) {
    const passes = ALLOWED.includes(name) || ALLOWED_PREFIXES.some((prefix) => name.startsWith(prefix))
    if (passes && value !== undefined) allowed[name] = value
  }
  return allowed
}
