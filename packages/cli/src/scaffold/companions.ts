import type { Parts } from './scaffold.ts'

/** The manifest by which npm, and agentproxy after \`npm install\`, know the plugin. */
export function manifestFile({ name, version, extension, javascript }: Parts): string {
  const index = `./index.${extension}`
  const contract = `^${version}`
  const manifest = {
    name: `agentproxy-plugin-${name}`,
    version: '0.1.0',
    private: true,
    type: 'module',
    main: index,
    files: [`index.${extension}`],
    keywords: ['agentproxy-plugin'],
    agentproxy: { plugin: index },
    peerDependencies: { '@agentproxy/plugin': contract },
    ...(!javascript && { devDependencies: { '@agentproxy/plugin': contract } }),
    engines: { node: '>=20.19' },
  }
  return `${JSON.stringify(manifest, null, 2)}\n`
}

export function readmeFile({ name, kind, extension, withTests }: Parts): string {
  const uses: Readonly<Record<Parts['kind'], string>> = {
    system: `Its tool \`${name}.greet\` and its hook are in \`index.${extension}\`.`,
    provider: `Its model is \`${name}/echo\`: \`pa "..." --model ${name}/echo\`.`,
    agent: `It works as \`pa "..." --agent ${name}\`.`,
  }
  return `# ${name}

A plugin for agentproxy. ${uses[kind]}

In a folder \`plugins\`, \`agentproxy serve\` loads it, and reloads it when a file is saved; \`pa\` loads it where the
configuration names it, or \`AGENTPROXY_PLUGINS=./plugins/${name}\` does. Nothing has to be installed or built${
    extension === 'ts' ? ';\n`npm install` gives your editor the types' : ''
  }.

\`\`\`
agentproxy plugins inspect ${name}
agentproxy plugins test ./plugins/${name}
\`\`\`
${withTests ? `\nIts own tests are in \`index.test.${extension}\`; \`plugins test\` runs them too.\n` : ''}`
}
