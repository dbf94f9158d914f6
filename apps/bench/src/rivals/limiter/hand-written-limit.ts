/** By hand, the most that can be had: loops over one shared index, and a bare queue for `run`. */
import type { AsyncTask, Limiter, LimiterRival } from './limiter-rival.ts'

export const handWrittenLimit: LimiterRival = {
  name: 'by hand',
  role: 'by hand',
  open: async (limit, task) => new HandWrittenLimit(limit, task),
}

interface Submission {
  readonly input: number
  readonly resolve: (output: number) => void
  readonly reject: (reason: unknown) => void
}

class HandWrittenLimit implements Limiter {
  readonly #limit: number
  readonly #task: AsyncTask
  #queue: Submission[] = []
  #next = 0
  #loops = 0

  constructor(limit: number, task: AsyncTask) {
    this.#limit = limit
    this.#task = task
  }

  async map(inputs: readonly number[]): Promise<readonly number[]> {
    const outputs = new Array<number>(inputs.length)
    let next = 0
    const loop = async () => {
      while (next < inputs.length) {
        const index = next
        next += 1
        outputs[index] = await this.#task(inputs[index]!)
      }
    }
    await Promise.all(Array.from({ length: this.#limit }, loop))
    return outputs
  }

  run(input: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ input, resolve, reject })
      if (this.#loops < this.#limit) void this.#loop()
    })
  }

  async #loop(): Promise<void> {
    this.#loops += 1
    while (this.#next < this.#queue.length) {
      const { input, resolve, reject } = this.#queue[this.#next]!
      this.#next += 1
      try {
        resolve(await this.#task(input))
      } catch (reason) {
        reject(reason)
      }
    }
    this.#loops -= 1
    if (this.#loops > 0) return
    this.#queue = []
    this.#next = 0
  }
}
