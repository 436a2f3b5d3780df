import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { readScreenshot } from './read-screenshot.ts'

function file(start: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'screenshot-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'picture'), Buffer.from(start, 'latin1'))
  return join(folder, 'picture')
}

test.each([
  ['\x89PNG\r\n\x1a\n', 'image/png'],
  ['\xff\xd8\xff\xe0', 'image/jpeg'],
  ['GIF89a', 'image/gif'],
  ['RIFF\x10\0\0\0WEBPVP8 ', 'image/webp'],
])('a picture is known by its first bytes: %j is %s', async (start, mediaType) => {
  const path = file(start)
  expect(await readScreenshot(path)).toEqual({ path, mediaType })
})

test('what no model can look at is refused, with the reason', async () => {
  await expect(readScreenshot('/nowhere/a.png')).rejects.toThrow('cannot be read')
  await expect(readScreenshot(tmpdir())).rejects.toThrow('is not a file')
  await expect(readScreenshot(file('<svg>'))).rejects.toThrow('no picture')
  await expect(readScreenshot(file(''))).rejects.toThrow('no picture')
  const large = file('GIF89a')
  truncateSync(large, 6 * 1024 * 1024)
  await expect(readScreenshot(large)).rejects.toThrow('at most')
})
