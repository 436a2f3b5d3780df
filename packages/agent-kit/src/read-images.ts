import { readFile } from 'node:fs/promises'
import type { AgentImage, AgentTurn } from '@agentproxy/plugin'

export interface ReadImage extends AgentImage {
  readonly base64: string
}

/** The pictures of a prompt with their content. One that cannot be read any more is left out, with a notice. */
export async function readImages(turn: AgentTurn): Promise<readonly ReadImage[]> {
  const read = await Promise.all(
    turn.images.map(async (image) => {
      try {
        return { ...image, base64: await readFile(image.path, 'base64') }
      } catch {
        turn.emit({
          type: 'notice',
          level: 'warn',
          text: `The picture ${image.path} cannot be read any more.`,
        })
        return null
      }
    }),
  )
  return read.filter((image) => image !== null)
}
