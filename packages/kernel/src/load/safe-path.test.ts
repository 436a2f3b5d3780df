import { chmod, chown, mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createTestHost, tempFolder } from '../testing/test-host.ts'
import { refuseUnsafe } from './safe-path.ts'

const isRoot = process.getuid?.() === 0

describe('what is about to be run', () => {
  it('may be its owner’s alone to change, and installed packages within it are taken on trust', async () => {
    const folder = await tempFolder({ 'index.mjs': '', 'deep/part.mjs': '', 'node_modules/x/index.js': '' })
    await chmod(join(folder, 'node_modules/x/index.js'), 0o666)
    await symlink('/dev/null', join(folder, 'link.mjs'))
    await expect(refuseUnsafe(folder)).resolves.toBeUndefined()
  })

  it.each([
    ['deep/part.mjs', 0o664],
    ['deep', 0o777],
    ['.', 0o775],
  ])('is refused where %s has mode %o, with what to do', async (path, mode) => {
    const folder = await tempFolder({ 'index.mjs': '', 'deep/part.mjs': '' })
    await chmod(join(folder, path), mode)
    await expect(refuseUnsafe(folder)).rejects.toMatchObject({
      code: 'PLUGIN_UNSAFE',
      message: expect.stringContaining(`chmod go-w ${join(folder, path)}`) as unknown,
    })
  })

  it.skipIf(!isRoot)('is refused where it belongs to another user', async () => {
    const folder = await tempFolder({ 'index.mjs': '' })
    await chown(join(folder, 'index.mjs'), 12_345, 12_345)
    await expect(refuseUnsafe(folder)).rejects.toThrow(/another user \(12345\).*chown/)
  })

  it('is not run, and the rest is', async () => {
    const folder = await tempFolder()
    await mkdir(join(folder, 'plugins'))
    const good = `export default { name: 'good', version: '1.0.0', setup() {} }`
    await writeFile(join(folder, 'plugins/good.mjs'), good)
    await writeFile(join(folder, 'plugins/open.mjs'), 'globalThis.openWasRun = true')
    await chmod(join(folder, 'plugins/open.mjs'), 0o666)
    const { manager } = createTestHost()
    const report = await manager.discoverAndInitialize({ cwd: folder })
    expect(report.loaded.map(({ name }) => name)).toEqual(['good'])
    expect(report.failed).toMatchObject([{ name: 'open', code: 'PLUGIN_UNSAFE' }])
    expect('openWasRun' in globalThis).toBe(false)
    await chmod(join(folder, 'plugins'), 0o777)
    const { manager: other } = createTestHost()
    expect(await other.discoverAndInitialize({ cwd: folder })).toMatchObject({
      loaded: [],
      failed: [{ origin: join(folder, 'plugins'), code: 'PLUGIN_UNSAFE' }],
    })
  })
})
