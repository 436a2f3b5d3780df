/** Checks the Node version before anything modern is imported, so that an old Node gets as far as the message. `command` goes before what was typed. */
export function start(name, command) {
  var version = process.version.slice(1).split('.').map(Number)
  if (version[0] < 20 || (version[0] === 20 && version[1] < 19)) {
    process.stderr.write('error: agentproxy needs Node 20.19 or newer; this is ' + process.version + '\n')
    process.exit(1)
  }
  import('../dist/main.js').then(
    function (cli) {
      return cli.main(name, (command ? [command] : []).concat(process.argv.slice(2)))
    },
    function (error) {
      var unbuilt = error.code === 'ERR_MODULE_NOT_FOUND' && /[\\/]dist[\\/]/.test(error.message)
      process.stderr.write(
        'error: ' + (unbuilt ? 'agentproxy is not built; run `npm run build`' : error.message) + '\n',
      )
      process.exit(1)
    },
  )
}
