/** A buffer that has been moved is told apart on every version of Node. */
import { expect, test } from 'vitest'
import { checkUnmoved } from '../src/runner.ts'

test('a buffer that has been moved cannot be moved again', () => {
  const moved = new ArrayBuffer(8)
  structuredClone(moved, { transfer: [moved] })
  const { port1, port2 } = new MessageChannel()
  expect(() => checkUnmoved([port1, new ArrayBuffer(8), new ArrayBuffer(0)])).not.toThrow()
  expect(() => checkUnmoved([port1, moved])).toThrow(
    expect.objectContaining({ name: 'DataCloneError' }),
  )
  port1.close()
  port2.close()
})
