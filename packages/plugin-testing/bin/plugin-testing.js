#!/usr/bin/env node
// Plain syntax, so that an old Node gets as far as the message.
var version = process.version.slice(1).split('.').map(Number)
if (version[0] < 20 || (version[0] === 20 && version[1] < 19)) {
  process.stderr.write('error: plugin-testing needs Node 20.19 or newer; this is ' + process.version + '\n')
  process.exit(2)
}
import('../dist/main.js').then(
  function (command) {
    return command.main(process.argv.slice(2))
  },
  function (error) {
    var unbuilt = error.code === 'ERR_MODULE_NOT_FOUND' && /[\\/]dist[\\/]/.test(error.message)
    process.stderr.write(
      'error: ' + (unbuilt ? 'plugin-testing is not built; run `npm run build`' : error.message) + '\n',
    )
    process.exit(2)
  },
)
