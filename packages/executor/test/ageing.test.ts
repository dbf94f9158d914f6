/** A low priority waits its turn, and gets one. */
import { turns as loopTurns } from '@threeply/conformance'
import { AsyncExecutor } from '@threeply/executor'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PATIENCE, type Turn, Turns } from '../src/turns.ts'

class Piece implements Turn<Piece> {
  nextTurn: Piece | undefined = undefined
  previousTurn: Piece | undefined = undefined
  readonly priority: number

  constructor(priority: number) {
    this.priority = priority
  }
}

test('whatever joins and leaves, no priority is passed over longer than the bound', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.integer({ min: -9, max: 9 }), { minLength: 1, maxLength: 6 }),
      fc.array(fc.tuple(fc.constantFrom('join', 'leave', 'turns'), fc.nat(5), fc.nat(300)), {
        minLength: 10,
        maxLength: 60,
      }),
      (priorities, steps) => {
        const turns = new Turns<Piece>()
        const pieces = priorities.map((priority) => new Piece(priority))
        const passedOver = new Map<Piece, number>()
        for (const [does, which, count] of steps) {
          const piece = pieces[which % pieces.length]!
          if (does === 'join') {
            turns.join(piece)
            if (!passedOver.has(piece)) passedOver.set(piece, 0)
          } else if (does === 'leave') {
            turns.leave(piece)
            passedOver.delete(piece)
          } else {
            for (let turn = 0; turn < count && passedOver.size > 0; turn += 1) {
              const given = turns.next()!
              expect(passedOver.has(given)).toBe(true)
              for (const [other, times] of passedOver) passedOver.set(other, times + 1)
              passedOver.set(given, 0)
              // Up to all pieces had been waiting, also those that have left since.
              const bound = PATIENCE + pieces.length
              for (const times of passedOver.values()) expect(times).toBeLessThanOrEqual(bound)
            }
          }
        }
      },
    ),
  )
})

test('until it has aged, the highest goes first', () => {
  const turns = new Turns<Piece>()
  const [low, high] = [new Piece(0), new Piece(1)]
  turns.join(low)
  turns.join(high)
  const given = Array.from({ length: 2 * (PATIENCE + 1) }, () => turns.next())
  expect(given.indexOf(low)).toBe(PATIENCE)
  expect(given.filter((piece) => piece === low)).toHaveLength(2)
})

test('a run starts though a map of a higher priority never ends', async () => {
  const executor = new AsyncExecutor({ concurrency: 2 })
  const controller = new AbortController()
  function* endless() {
    while (true) yield 1
  }
  const options = { priority: 9, signal: controller.signal }
  const mapped = executor.forEach(endless(), () => loopTurns(1), options).catch(() => 'aborted')
  expect(await executor.run(() => 'low', { priority: -9 })).toBe('low')
  controller.abort()
  expect(await mapped).toBe('aborted')
})
