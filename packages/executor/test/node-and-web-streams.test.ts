/** Node streams and web streams go in, and come out. */
import { once } from 'node:events'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { ReadableStream } from 'node:stream/web'
import { rejection, turns, until } from '@threeply/conformance'
import { AsyncExecutor } from '@threeply/executor'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { untilAborted } from './fixtures/gate.ts'

let folder: string
let file: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'threeply-streams-'))
  file = join(folder, 'numbers.txt')
  await writeFile(file, Array.from({ length: 1_000 }, (_, line) => `${line}\n`).join(''))
})

afterAll(() => rm(folder, { recursive: true }))

const double = async (line: string) => {
  await turns(Number(line) % 3)
  return Number(line) * 2
}
const doubled = Array.from({ length: 1_000 }, (_, line) => line * 2)

test('the lines of a file, through map and into a Node stream', async () => {
  const executor = new AsyncExecutor({ concurrency: 8 })
  const lines = () => createInterface({ input: createReadStream(file) })
  expect(await executor.map(lines(), double)).toEqual(doubled)
  const readable = Readable.from(executor.stream(lines(), double, { order: 'input' }))
  expect(await readable.toArray()).toEqual(doubled)
  await executor.onIdle()
})

test('a web stream, into a web stream', async () => {
  const executor = new AsyncExecutor({ concurrency: 8 })
  const inputs = ReadableStream.from(Array.from(doubled.keys(), String))
  const outputs = ReadableStream.from(executor.stream(inputs, double, { order: 'input' }))
  const read: number[] = []
  for await (const output of outputs) read.push(output)
  expect(read).toEqual(doubled)
})

test('in the middle of a pipeline', async () => {
  const executor = new AsyncExecutor({ concurrency: 4 })
  const copy = join(folder, 'copy.txt')
  const upper = async (chunk: Buffer) => chunk.toString().replaceAll('\n', ';')
  await pipeline(
    createReadStream(file, { highWaterMark: 64 }),
    (chunks: AsyncIterable<Buffer>) => executor.stream(chunks, upper, { order: 'input' }),
    createWriteStream(copy),
  )
  expect(await readFile(copy, 'utf8')).toBe((await readFile(file, 'utf8')).replaceAll('\n', ';'))
})

test('what is read slowly is pulled slowly', async () => {
  const executor = new AsyncExecutor({ concurrency: 2 })
  let pulled = 0
  const inputs = new ReadableStream<number>(
    { pull: (controller) => controller.enqueue(pulled++) },
    { highWaterMark: 0 },
  )
  const outputs = ReadableStream.from(executor.stream(inputs, (input) => input, { readAhead: 1 }))
  const reader = outputs.getReader()
  expect(await reader.read()).toEqual({ done: false, value: 0 })
  await turns()
  expect(pulled).toBeLessThanOrEqual(6)
  await reader.cancel()
})

test('destroying what comes out cancels what runs and closes what goes in', async () => {
  const executor = new AsyncExecutor({ concurrency: 2 })
  const input = createReadStream(file, { highWaterMark: 16 })
  let isRunning = false
  let isCancelled = false
  const output = Readable.from(
    executor.stream(input, async (_chunk, context) => {
      if (context.index === 0) return 'first'
      isRunning = true
      return untilAborted(context).catch(() => {
        isCancelled = true
      })
    }),
  )
  const [first] = await once(output, 'data')
  expect(first).toBe('first')
  await until(() => isRunning, 'the second to run')
  output.destroy()
  await once(output, 'close')
  await until(() => isCancelled && input.destroyed, 'both ends to be closed')
  await executor.onIdle()
})

test('cancelling a web stream does too, and a failure goes through', async () => {
  const executor = new AsyncExecutor({ concurrency: 2 })
  let isClosed = false
  const endless = () =>
    new ReadableStream<number>({
      pull: (controller) => controller.enqueue(1),
      cancel: () => {
        isClosed = true
      },
    })
  const outputs = ReadableStream.from(executor.stream(endless(), (input) => input))
  for await (const _output of outputs) break
  await until(() => isClosed, 'the input to be closed')
  isClosed = false
  const mine = new Error('mine')
  const failing = Readable.from(executor.stream(endless(), () => Promise.reject(mine)))
  expect(await rejection(failing.toArray())).toBe(mine)
  await until(() => isClosed, 'the input to be closed')
})
