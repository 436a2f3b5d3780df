import { expect, test } from 'vitest'
import { browserCommand } from './open-browser.ts'

const url = 'https://login.example/authorize?a=b&c=$(rm -rf ~)%20"\'`'

test.each([
  ['linux', {}, ['xdg-open', url]],
  ['darwin', {}, ['open', url]],
  ['win32', {}, ['rundll32', 'url.dll,FileProtocolHandler', url]],
  ['linux', { BROWSER: '' }, ['xdg-open', url]],
  ['linux', { BROWSER: 'firefox:w3m' }, ['firefox', url]],
  ['linux', { BROWSER: ' chromium  --new-window ' }, ['chromium', '--new-window', url]],
  ['linux', { BROWSER: 'open-page --url=%s --wait' }, ['open-page', `--url=${url}`, '--wait']],
] as const)('on %s with %o the address is one argument of its own', (platform, env, expected) => {
  expect(browserCommand(url, env, platform)).toEqual(expected)
})
