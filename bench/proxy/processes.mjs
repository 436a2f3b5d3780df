// The measured programs: each in a process of its own, its CPU time and memory read from /proc.
import { fork, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

if (!existsSync('/proc/self/stat'))
  throw new Error('The proxy benchmark reads CPU time and memory from /proc, so it needs Linux.')

/** Starts a program of this folder, which sends its `url` once it listens and ends with our connection to it. */
export async function start(file, args = []) {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), args, {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const { url } = await nextMessage(child)
  return {
    url,
    pids: [child.pid],
    /** Sends a word and gives the answer. */
    ask: (word) => {
      child.send(word)
      return nextMessage(child)
    },
    end: () => child.disconnect(),
  }
}

const NGINX = ['/usr/sbin/nginx', '/usr/local/sbin/nginx', '/usr/local/bin/nginx', '/opt/homebrew/bin/nginx']

/** nginx before the same upstream, one worker, in a folder of its own; null where it is not installed. */
export async function startNginx(upstream) {
  const program = NGINX.find((path) => existsSync(path))
  if (program === undefined) return null
  const port = await freePort()
  const folder = mkdtempSync(join(tmpdir(), 'agentproxy-bench-nginx-'))
  writeFileSync(join(folder, 'nginx.conf'), nginxConfig({ folder, port, upstream: new URL(upstream).host }))
  const child = spawn(program, ['-p', folder, '-c', join(folder, 'nginx.conf'), '-g', 'daemon off;'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const over = new Promise((resolve) => child.once('exit', resolve))
  await untilListening(port, child)
  return {
    url: `http://127.0.0.1:${port}`,
    pids: [child.pid, ...(await workersOf(child.pid))],
    async end() {
      child.kill('SIGTERM')
      await over
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function nginxConfig({ folder, port, upstream }) {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  )
  return `worker_processes 1; pid ${folder}/nginx.pid; error_log stderr error;
events { worker_connections 10000; }
http {
  access_log off; ${temporary.join(' ')} client_max_body_size 64m; client_body_buffer_size 2m; keepalive_requests 1000000;
  upstream bench { server ${upstream}; keepalive 128; keepalive_requests 1000000; }
  server { listen 127.0.0.1:${port};
    location / { proxy_pass http://bench; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off; } } }
`
}

/** CPU microseconds of a program so far, all its threads together. The kernel counts in hundredths of a second. */
export function cpuOf({ pids }) {
  return sum(
    pids.map((pid) => {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      return (Number(fields[11]) + Number(fields[12])) * 10_000
    }),
  )
}

/** Resident bytes of a program. */
export function memoryOf({ pids }) {
  return sum(
    pids.map(
      (pid) => Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) * 1024,
    ),
  )
}

/** How many files and sockets one process may have open. */
export function openFilesLimit() {
  return Number(/^Max open files\s+\d+\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? 0)
}

/** nginx listens before its worker is there. */
async function workersOf(pid) {
  for (let tries = 0; tries < 100; tries += 1) {
    const workers = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && parentOf(name) === pid)
    if (workers.length > 0) return workers.map(Number)
    await sleep(50)
  }
  throw new Error('nginx started no worker')
}

function parentOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
  } catch {
    return null
  }
}

/** The child's next message; an early end of the child is an error. */
function nextMessage(child) {
  return new Promise((resolve, reject) => {
    const ended = (code) => reject(new Error(`a benchmark process ended with ${code}`))
    child.once('exit', ended)
    child.once('message', (message) => {
      child.off('exit', ended)
      resolve(message)
    })
  })
}

async function freePort() {
  const server = createServer()
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address()
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function untilListening(port, child) {
  for (let tries = 0; tries < 100; tries += 1) {
    if (child.exitCode !== null) break
    const isOpen = await new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true)).once('error', () => resolve(false))
      socket.once('connect', () => socket.destroy())
    })
    if (isOpen) return
    await sleep(50)
  }
  throw new Error('nginx did not begin to listen')
}

function sum(values) {
  return values.reduce((total, value) => total + value, 0)
}
