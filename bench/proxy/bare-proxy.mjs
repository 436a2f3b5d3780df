// The reference: the least a Node proxy does. Collect the body, dispatch it on an undici pool, copy raw chunks back.
import { createServer } from 'node:http'
import { Pool } from 'undici'

const upstream = process.argv[2]
const pool = new Pool(upstream)

const server = createServer((request, response) => {
  const chunks = []
  request.on('data', (chunk) => chunks.push(chunk))
  request.on('end', () => {
    pool.dispatch(
      {
        path: request.url,
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: Buffer.concat(chunks),
      },
      {
        onRequestStart() {},
        onResponseStart(controller, status, headers) {
          const kept = { 'content-type': headers['content-type'] }
          if (headers['content-length'] !== undefined) kept['content-length'] = headers['content-length']
          response.writeHead(status, kept)
          response.on('drain', () => controller.resume())
        },
        onResponseData(controller, chunk) {
          if (!response.write(chunk)) controller.pause()
        },
        onResponseEnd() {
          response.end()
        },
        onResponseError() {
          response.destroy()
        },
      },
    )
  })
})
server.keepAliveTimeout = 60_000
server.listen({ port: 0, host: '127.0.0.1', backlog: 8192 }, () =>
  process.send({ url: `http://127.0.0.1:${server.address().port}` }),
)
process.on('message', () => process.send({ p99Ms: null }))
process.on('disconnect', () => process.exit(0))
