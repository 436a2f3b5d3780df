import type { Attempt } from './attempt.ts'

const fetching = (url: string): string => `return (await plugin.fetch(${url})).status`
const NOT_LISTED = /not among the hosts/
const NOT_UNDER = /not under a folder/

/** Attempts to make the broker do what was not granted. The guest may fetch from one server and use one folder. */
export const capabilities: readonly Attempt[] = [
  { name: 'fetch a host that is not listed', code: fetching(`'http://example.com/'`), refused: NOT_LISTED },
  {
    name: 'fetch another port of the listed host',
    code: fetching('`http://127.0.0.1:${given.otherPort}/`'),
    refused: NOT_LISTED,
  },
  {
    name: 'fetch the metadata service of a cloud',
    code: fetching(`'http://169.254.169.254/latest/meta-data/'`),
    refused: NOT_LISTED,
  },
  {
    name: 'fetch the denied port by another spelling of the address',
    code: "const got = []; for (const host of ['0x7f.1', '2130706433', '127.1', '[::ffff:127.0.0.1]', '0', 'localhost']) got.push(await plugin.fetch(`http://${host}:${given.otherPort}/`).then((r) => r.status, (e) => e.code)); return got",
    gets: Array.from({ length: 6 }, () => 'SANDBOX_DENIED'),
  },
  { name: 'fetch a file URL', code: fetching(`'file:///etc/passwd'`), refused: /only http and https/ },
  { name: 'fetch a data URL', code: fetching(`'data:text/plain,hi'`), refused: /only http and https/ },
  {
    name: 'fetch with a user name that looks like the listed host',
    code: fetching('`http://127.0.0.1:${given.port}@example.com/`'),
    refused: /user name/,
  },
  {
    name: 'follow a redirect to a host that is not listed',
    code: fetching('`http://127.0.0.1:${given.port}/redirect-out`'),
    refused: NOT_LISTED,
  },
  {
    name: 'follow a redirect to another port',
    code: fetching('`http://127.0.0.1:${given.port}/redirect-port`'),
    refused: NOT_LISTED,
  },
  {
    name: 'follow a redirect to a file',
    code: fetching('`http://127.0.0.1:${given.port}/redirect-file`'),
    refused: /only http and https/,
  },
  {
    name: 'follow redirects for ever',
    code: fetching('`http://127.0.0.1:${given.port}/redirect-loop`'),
    refused: /more than 5 redirects/,
  },
  {
    name: 'fetch a listed name that leads to a private address',
    code: fetching('`http://rebound.test:${given.port}/`'),
    refused: /not a public address/,
  },
  {
    name: 'fetch a listed name that leads to the metadata service among others',
    code: fetching(`'http://mixed.test/'`),
    refused: /not a public address/,
  },
  {
    name: 'fetch a listed name that leads to another private address each time',
    code: 'const first = await plugin.fetch(`http://flipping.test:${given.port}/`).catch((e) => e.code); const second = await plugin.fetch(`http://flipping.test:${given.port}/`).catch((e) => e.code); return [first, second]',
    gets: ['SANDBOX_DENIED', 'SANDBOX_DENIED'],
  },
  {
    name: 'send a Host header of another site',
    code: "return (await (await plugin.fetch(`http://127.0.0.1:${given.port}/echo-host`, { headers: { Host: 'internal', 'Transfer-Encoding': 'chunked' } })).text())",
    gets: 'own host',
  },
  {
    name: 'split a header into two requests',
    code: "return await plugin.fetch(`http://127.0.0.1:${given.port}/`, { headers: { 'x-a': 'b\\r\\nHost: internal' } })",
    refused: /header/i,
  },
  {
    name: 'connect instead of fetch',
    code: "return await plugin.fetch(`http://127.0.0.1:${given.port}/`, { method: 'CONNECT' })",
    refused: /cannot be fetched with/,
  },
  {
    name: 'read an answer without end',
    code: 'return (await (await plugin.fetch(`http://127.0.0.1:${given.port}/endless`)).text()).length',
    refused: /longer than/,
  },
  {
    name: 'read a file outside its folder',
    code: `return await plugin.files.read(given.secret)`,
    refused: NOT_UNDER,
  },
  {
    name: 'read through ..',
    code: `return await plugin.files.read(given.folder + '/../' + given.secret.split('/').pop())`,
    refused: NOT_UNDER,
  },
  {
    name: 'read by a relative path out of the folder',
    code: `return await plugin.files.read('../' + given.secret.split('/').pop())`,
    refused: NOT_UNDER,
  },
  {
    name: 'read a folder whose name begins like its own',
    code: `return await plugin.files.read(given.folder + '-other/file.txt')`,
    refused: NOT_UNDER,
  },
  {
    name: 'read through a link to a file',
    code: `return await plugin.files.read(given.folder + '/link.txt')`,
    refused: /is a link/,
  },
  {
    name: 'read through a link to a folder',
    code: `return await plugin.files.read(given.folder + '/linked/secret.txt')`,
    refused: NOT_UNDER,
  },
  {
    name: 'read a name with a NUL in it',
    code: `return await plugin.files.read(given.folder + '/own.txt\\0/../../secret.txt')`,
    refused: NOT_UNDER,
  },
  {
    name: 'read its own environment through /proc',
    code: `return await plugin.files.read('/proc/self/environ')`,
    refused: NOT_UNDER,
  },
  {
    name: 'read a pipe for ever',
    code: `return await plugin.files.read(given.folder + '/pipe')`,
    refused: /no plain file/,
  },
  {
    name: 'read the folder itself',
    code: `return await plugin.files.read(given.folder)`,
    refused: NOT_UNDER,
  },
  {
    name: 'read a file that is too large',
    code: `return (await plugin.files.read(given.folder + '/large.txt')).length`,
    refused: /larger than/,
  },
  {
    name: 'write where it may only read',
    code: `return await plugin.files.write(given.folder + '/own.txt', 'changed')`,
    refused: /fileSystem.write/,
  },
  {
    name: 'write outside through ..',
    code: `return await plugin.files.write(given.writable + '/../made.txt', 'made')`,
    refused: /fileSystem.write/,
  },
  {
    name: 'write through a link that leads out',
    code: `return await plugin.files.write(given.writable + '/link-out', 'changed')`,
    refused: /is a link/,
  },
  {
    name: 'emit an event that is not listed',
    code: `plugin.events.emit('session.closed', { sessionId: 'x' }); return 'sent'`,
    gets: 'sent',
  },
  {
    name: 'ask for hundreds of files at once',
    code: `const all = await Promise.allSettled(Array.from({ length: 300 }, () => plugin.files.read('own.txt')))
      return all.some((one) => one.status === 'rejected' && /at once/.test(one.reason.message))`,
    gets: true,
  },
]
