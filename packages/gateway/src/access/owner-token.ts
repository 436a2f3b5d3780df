import { randomBytes } from 'node:crypto'
import { chmod, link, mkdir, open, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { GatewayError } from '../errors.ts'

export interface OwnerTokenOptions {
  /** Folder of this installation's state; made with mode 0700 if absent. */
  readonly stateDir: string
  /** `AGENTPROXY_TOKEN` in here wins over the file. */
  readonly env: Readonly<Record<string, string | undefined>>
}

export interface OwnerToken {
  readonly token: string
  /** Where the token is kept, also when it came from the environment. */
  readonly file: string
  /** true if this call made it. */
  readonly created: boolean
}

const SHORTEST_TOKEN = 16
const SENDABLE = /^[\x21-\x7e]+$/

/** The token of this installation: from the environment, from its file, or made now (256 random bits, file mode 0600). */
export async function loadOwnerToken({ stateDir, env }: OwnerTokenOptions): Promise<OwnerToken> {
  const file = join(stateDir, 'token')
  const given = env['AGENTPROXY_TOKEN']
  if (given !== undefined && given !== '') {
    return { token: checkToken(given.trim(), 'AGENTPROXY_TOKEN'), file, created: false }
  }
  await mkdir(stateDir, { recursive: true, mode: 0o700 })
  await chmod(stateDir, 0o700)
  const present = await readToken(file)
  if (present !== null) return { token: present, file, created: false }
  const created = await createToken(file)
  return { token: created ?? (await readToken(file)) ?? unreadable(file), file, created: created !== null }
}

async function readToken(file: string): Promise<string | null> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return null
    throw new GatewayError(
      'TOKEN_INVALID',
      `Cannot read the token file ${file}. Check its owner and mode.`,
      error,
    )
  }
  const { mode } = await stat(file)
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
    throw new GatewayError(
      'TOKEN_FILE_UNSAFE',
      `Other users can read the token file ${file}. Delete it to get a new token, or run: chmod 600 ${file}`,
    )
  }
  return checkToken(text.trim(), file)
}

/** null if another process was faster. The name appears only once the content is on disk, and is never overwritten. */
async function createToken(file: string): Promise<string | null> {
  const token = randomBytes(32).toString('base64url')
  const draft = `${file}.${randomBytes(8).toString('hex')}`
  const handle = await open(draft, 'wx', 0o600)
  try {
    await handle.writeFile(`${token}\n`)
    await handle.sync()
  } finally {
    await handle.close()
  }
  try {
    await link(draft, file)
    return token
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return null
    throw error
  } finally {
    await rm(draft, { force: true })
  }
}

/** Throws `TOKEN_INVALID` unless the token can be sent in a header and is too long to guess. */
function checkToken(token: string, source: string): string {
  if (token.length >= SHORTEST_TOKEN && SENDABLE.test(token)) return token
  throw new GatewayError(
    'TOKEN_INVALID',
    `The token in ${source} must be at least ${SHORTEST_TOKEN} characters, without spaces or non-ASCII letters.`,
  )
}

function unreadable(file: string): never {
  throw new GatewayError('TOKEN_INVALID', `The token file ${file} vanished while it was read. Start again.`)
}

function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
