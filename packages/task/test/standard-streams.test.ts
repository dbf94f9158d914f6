/** What a thread writes leaves it before it goes on, as far as the parent takes it. */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { expect, onTestFinished, test } from 'vitest'

function startWriter(): { worker: Worker; write: (lines: number) => Promise<unknown> } {
  const worker = new Worker(new URL('./fixtures/writes.ts', import.meta.url), { stdout: true })
  onTestFinished(async () => {
    await worker.terminate()
  })
  return {
    worker,
    async write(lines) {
      worker.postMessage(lines)
      const [state] = await once(worker, 'message')
      return state
    },
  }
}

test('all of it is waited for', { timeout: 30_000 }, async () => {
  const { worker, write } = startWriter()
  let bytes = 0
  worker.stdout.on('data', (data: Buffer) => {
    bytes += data.length
  })
  expect(await write(0)).toEqual({ wasWriting: false, isLeft: false })
  expect(await write(1_000)).toEqual({ wasWriting: true, isLeft: false })
  expect(bytes).toBe(1_000_000)
})

test('a stream that was ended, or replaced by a stub, is no harm', {
  timeout: 30_000,
}, async () => {
  const { worker, write } = startWriter()
  worker.stdout.resume()
  expect(await write(-1)).toEqual({ wasWriting: true, isLeft: false })
  expect(await write(0)).toEqual({ wasWriting: false, isLeft: false })
})

test('a parent that takes none of it is given up, until it does', { timeout: 30_000 }, async () => {
  const { worker, write } = startWriter()
  expect(await write(1_000)).toEqual({ wasWriting: true, isLeft: true })
  expect(await write(1)).toMatchObject({ wasWriting: false }) // nobody waits for that again
  worker.stdout.resume()
  await expect.poll(() => write(0), { timeout: 20_000 }).toMatchObject({ isLeft: false })
  expect(await write(1_000)).toEqual({ wasWriting: true, isLeft: false })
})
