/** Takes an upstream's key out of what the upstream says: some echo it in their error messages. */
export function redact(text: string, secret: string | null): string {
  return secret === null ? text : text.replaceAll(secret, '[redacted]')
}
