import type { ModelError, ModelUsage } from '@agentproxy/plugin'
import { BodyBuffer } from './body-buffer.ts'
import { failAnswer } from './scene.ts'
import type { BodySink, Scene } from './scene.ts'

/** Holds an answer's body until it is there whole: half a document is an error with a status of its own. */
export class WholeBody implements BodySink {
  readonly #scene: Scene
  readonly #body: BodyBuffer
  readonly #take: (bytes: Buffer) => void

  constructor(scene: Scene, take: (bytes: Buffer) => void) {
    this.#scene = scene
    this.#body = new BodyBuffer(scene.answerBytes)
    this.#take = take
  }

  data(chunk: Buffer): void {
    if (!this.#body.push(chunk)) this.fail(this.#body.overflow, 'answer_too_large')
  }

  end(): void {
    this.#take(this.#body.take())
  }

  fail(error: ModelError, reason: string): void {
    failAnswer(this.#scene, error, reason)
  }

  usage(): ModelUsage | null {
    return null
  }
}
