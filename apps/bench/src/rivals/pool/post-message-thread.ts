/** A thread of the pools that are written by hand: a message is one input, or an array of them. */
import { parentPort, workerData } from 'node:worker_threads'

const { task, arrays } = workerData as { readonly task: string; readonly arrays: boolean }
const tasks: Record<string, unknown> = await import('./tasks.ts')
const found = tasks[task] as (input: unknown) => unknown
// Not `found(input)`: V8 would inline a hot task here and run its loops several times slower.
const run = (input: unknown): unknown => Reflect.apply(found, undefined, [input])
const port = parentPort!

port.on('message', (message) => {
  const answer = arrays ? (message as unknown[]).map((input) => run(input)) : run(message)
  port.postMessage(answer, task === 'moveBack' ? buffersOf(answer as Uint8Array[]) : [])
})

function buffersOf(outputs: readonly Uint8Array[]): ArrayBuffer[] {
  return outputs.map(({ buffer }) => buffer as ArrayBuffer)
}
