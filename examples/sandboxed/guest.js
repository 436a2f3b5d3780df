// Code somebody else wrote. It runs apart from the host: no files, no network, no environment but what it is given.
export default {
  name: 'word-count',
  setup(ctx) {
    ctx.tool('word-count.file', {
      description: 'Counts the words of a text file in the folder this plugin was given',
      parameters: { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] },
      execute: async ({ path }) => {
        const text = await ctx.files.read(path)
        return { path, words: text.split(/\s+/).filter(Boolean).length }
      },
    })
    ctx.hook('task.start', ({ prompt }) =>
      prompt.length > ctx.config.longest
        ? ctx.block(`a task of more than ${ctx.config.longest} characters`)
        : ctx.ok(),
    )
  },
}
