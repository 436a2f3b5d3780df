import type { Command } from 'commander'
import type { Wiring } from './invocation.ts'
import { jsonOption } from './options.ts'

interface JsonFlag {
  readonly json?: boolean
}

/** `secrets` and `auth`. */
export function addAuthCommands(program: Command, options: Wiring): void {
  addSecretCommands(program, options)
  const auth = program.command('auth').description('logins that plugins offer')
  addLoginCommands(auth, options)
  addLoginUpkeep(auth, options)
}

function addSecretCommands(program: Command, { invocation, act }: Wiring): void {
  const secrets = program.command('secrets').description('keys and tokens kept for plugins, encrypted')
  const named = (command: string, does: string): Command =>
    secrets
      .command(command)
      .argument('<plugin>', 'the name of a plugin')
      .argument('<name>', 'what the plugin calls it')
      .description(does)
      .addOption(jsonOption())
  named('set', 'keep one; its value is asked for, or read from standard input').action(
    (plugin: string, name: string, own: JsonFlag) =>
      act(
        import('../commands/secrets/set.ts').then(({ setSecret }) =>
          setSecret(invocation, { ...own, plugin, name }),
        ),
      ),
  )
  named('delete', 'delete one').action((plugin: string, name: string, own: JsonFlag) =>
    act(
      import('../commands/secrets/delete.ts').then(({ deleteSecret }) =>
        deleteSecret(invocation, { ...own, plugin, name }),
      ),
    ),
  )
  secrets
    .command('list')
    .description('their names')
    .addOption(jsonOption())
    .action((own: JsonFlag) =>
      act(import('../commands/secrets/list.ts').then(({ listSecrets }) => listSecrets(invocation, own))),
    )
}

function addLoginCommands(auth: Command, { invocation, flags, act }: Wiring): void {
  auth
    .command('providers')
    .description('what one can log in to')
    .addOption(jsonOption())
    .action((own: JsonFlag) =>
      act(
        import('../commands/auth/providers.ts').then(({ listProviders }) =>
          listProviders(invocation, { ...flags(), ...own }),
        ),
      ),
    )
  auth
    .command('login')
    .argument('<name>', 'one of agentproxy auth providers')
    .description('log in')
    .option('--device', 'by a code that is typed on another machine')
    .option('--no-browser', 'open no browser, only print the address')
    .addOption(jsonOption())
    .action((name: string, own: { device?: boolean; browser: boolean; json?: boolean }) =>
      act(
        import('../commands/auth/login.ts').then(({ login }) =>
          login(invocation, { ...flags(), ...own, name }),
        ),
      ),
    )
}

function addLoginUpkeep(auth: Command, { invocation, flags, act }: Wiring): void {
  auth
    .command('status')
    .argument('[name]', 'one of agentproxy auth providers; all without it')
    .description('how the logins are')
    .addOption(jsonOption())
    .action((name: string | undefined, own: JsonFlag) =>
      act(
        import('../commands/auth/status.ts').then(({ showStatus }) =>
          showStatus(invocation, { ...flags(), ...own, name: name ?? null }),
        ),
      ),
    )
  const named = (command: string, does: string): Command =>
    auth
      .command(command)
      .argument('<name>', 'one of agentproxy auth providers')
      .description(does)
      .addOption(jsonOption())
  named('refresh', 'refresh a login now').action((name: string, own: JsonFlag) =>
    act(
      import('../commands/auth/refresh.ts').then(({ refresh }) =>
        refresh(invocation, { ...flags(), ...own, name }),
      ),
    ),
  )
  named('logout', 'forget a login, and revoke it').action((name: string, own: JsonFlag) =>
    act(
      import('../commands/auth/logout.ts').then(({ logout }) =>
        logout(invocation, { ...flags(), ...own, name }),
      ),
    ),
  )
}
