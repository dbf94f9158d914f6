/** An iterable that submits to the pool while it is asked for its next input. */
import { expect, test } from 'vitest'
import { makePool, Words } from './pools.ts'

test('loses no input of its own when it submits what goes before them', {
  timeout: 60_000,
}, async () => {
  const pool = makePool({ threads: 2 })
  const { words } = new Words()
  const task = { words, milliseconds: 3, blocks: false }
  for (let call = 0; call < 5; call += 1) await pool.run('busyOrBlocked', task)
  const urgent: Promise<number>[] = []
  function* inputs() {
    for (let input = 0; input < 60; input += 1) {
      urgent.push(pool.run('double', input, { priority: 1 }))
      yield task // what inputs have in common lets none travel with another
    }
  }
  const outputs = await pool.map('busyOrBlocked', inputs(), { chunkSize: 10 })
  expect(outputs).toEqual(Array(60).fill(expect.any(Number)))
  expect(await Promise.all(urgent)).toEqual(Array.from({ length: 60 }, (_, input) => 2 * input))
})
