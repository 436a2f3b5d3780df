// A guard in one file: agents may not touch the paths named in its configuration.
// Run with: AGENTPROXY_PLUGINS=./examples/protected-files npx pa "..."
import { block, definePlugin } from '@agentproxy/plugin'

const PROTECTED = [/(^|\/)\.env$/, /(^|\/)migrations\//]

export default definePlugin({
  name: 'protected-files',
  version: '1.0.0',
  description: 'Refuses changes to secrets and migrations',
  setup(ctx) {
    ctx.hook(
      'file.change',
      ({ path, phase }) => {
        if (!PROTECTED.some((pattern) => pattern.test(path))) return undefined
        ctx.log.info('refused a change', { path, phase })
        return block(`${path} is protected`)
      },
      { order: 'pre', onError: 'block', timeoutMs: 500 },
    )
  },
})
