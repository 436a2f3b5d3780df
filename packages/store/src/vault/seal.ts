import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

// The file: this line, then the nonce, the tag and the encrypted entries. The line is authenticated with them.
const HEADER = Buffer.from('agentproxy vault 1\n')
// NIST SP 800-38D: 96 random bits, a new nonce for each write; 128 bits of tag.
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** Encrypts all entries, names included, with AES-256-GCM. */
export function seal(entries: ReadonlyMap<string, string>, key: Buffer): Buffer {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES }).setAAD(HEADER)
  const data = Buffer.concat([cipher.update(JSON.stringify([...entries]), 'utf8'), cipher.final()])
  return Buffer.concat([HEADER, nonce, cipher.getAuthTag(), data])
}

/** null = it is not what was sealed with this key, to the last bit. */
export function unseal(sealed: Buffer, key: Buffer): Map<string, string> | null {
  const start = HEADER.length + NONCE_BYTES + TAG_BYTES
  if (sealed.length < start || !sealed.subarray(0, HEADER.length).equals(HEADER)) return null
  const nonce = sealed.subarray(HEADER.length, HEADER.length + NONCE_BYTES)
  const tag = sealed.subarray(HEADER.length + NONCE_BYTES, start)
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
    decipher.setAAD(HEADER).setAuthTag(tag)
    const text = Buffer.concat([decipher.update(sealed.subarray(start)), decipher.final()]).toString('utf8')
    return new Map(JSON.parse(text) as [string, string][])
  } catch {
    return null
  }
}
