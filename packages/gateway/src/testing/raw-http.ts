import { connect } from 'node:net'

/** Sends bytes as they are and gives back whatever comes until the server closes, or `untilMs` have passed. */
export async function rawHttp(port: number, text: string, untilMs = 1_000): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  let answer = ''
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, untilMs)
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1')
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      clearTimeout(timer)
      resolve()
    })
    socket.write(text)
  })
  socket.destroy()
  return answer
}

/** The status line's code. */
export function statusOf(answer: string): number {
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0)
}
