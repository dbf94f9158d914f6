/** The thread of the small thread runner: loads the task module, runs one task, ends. */
import { parentPort, workerData } from 'node:worker_threads'
import { type EncodedError, encodeError } from '@threeply/task'
import {
  hideFramesOf,
  LoadedModule,
  serializationError,
  ThreadTaskContext,
} from '@threeply/task/runner'

hideFramesOf(new URL('.', import.meta.url).href)

export interface ThreadData {
  readonly url: string
  readonly name: string
  readonly flag: Int32Array
}

export type FromThread =
  | { readonly kind: 'loaded' }
  | { readonly kind: 'completed'; readonly output: unknown }
  | { readonly kind: 'failed'; readonly error: EncodedError }

const { url, name, flag } = workerData as ThreadData
const port = parentPort!
const context = new ThreadTaskContext({ words: flag, index: 0 }, () => {})

port.on('message', (message: { kind: 'start'; input: unknown } | { kind: 'cancel' }) => {
  if (message.kind === 'start') void run(message.input)
  else context.cancel(new DOMException('This task was cancelled', 'AbortError'))
})

async function run(input: unknown): Promise<void> {
  try {
    const module = await LoadedModule.load(url)
    post({ kind: 'loaded' })
    const output = await module.task(name)(input, context)
    try {
      port.postMessage({ kind: 'completed', output } satisfies FromThread, [
        ...context.transferred,
      ] as ArrayBuffer[])
    } catch (cause) {
      throw serializationError(name, 'output', output, cause, context.transferred)
    }
  } catch (thrown) {
    post({ kind: 'failed', error: encodeError(thrown) })
  }
  port.close()
}

function post(message: FromThread): void {
  port.postMessage(message)
}
