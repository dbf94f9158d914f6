/** The queue against a model that is a plain sorted list. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { QueueEntry, SubmissionQueue } from '../src/submission-queue.ts'

class Entry extends QueueEntry {
  readonly submittedAt: number = performance.now()
  readonly priority: number

  constructor(priority: number) {
    super()
    this.priority = priority
  }
}

type Step = { does: 'push' | 'unshift'; priority: number } | { does: 'remove' | 'take'; at: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ does: fc.constantFrom('push' as const, 'unshift' as const), priority: fc.nat(12) }),
  fc.record({ does: fc.constantFrom('remove' as const, 'take' as const), at: fc.nat(50) }),
)

test('gives the highest priority first, and equals in their order, whatever is removed', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const queue = new SubmissionQueue<Entry>()
      const model: Entry[] = []
      for (const one of steps) {
        if ('priority' in one) {
          const entry = new Entry(one.priority)
          queue[one.does](entry)
          if (one.does === 'push') model.push(entry)
          else model.unshift(entry)
        } else {
          const entry = one.does === 'take' ? queue.first : model[one.at % (model.length || 1)]
          if (entry === undefined) continue
          queue.remove(entry)
          queue.remove(entry) // the second time nothing happens
          model.splice(model.indexOf(entry), 1)
          expect(queue.has(entry)).toBe(false)
        }
        const highest = Math.max(...model.map(({ priority }) => priority))
        expect(queue.first).toBe(model.find(({ priority }) => priority === highest))
        expect(queue.size).toBe(model.length)
        expect(new Set(queue)).toEqual(new Set(model))
      }
    }),
  )
})

test('what has waited long enough goes before a higher priority', () => {
  const queue = new SubmissionQueue<QueueEntry>()
  class Old extends Entry {
    override readonly submittedAt = performance.now() - 60_000
  }
  const old = new Old(0)
  queue.push(old)
  const urgent = new Entry(5)
  queue.push(urgent)
  const mostUrgent = new Entry(7)
  queue.push(mostUrgent)
  expect(queue.first).toBe(mostUrgent)
  queue.remove(mostUrgent)
  expect(queue.first).toBe(old)
})

test('with whatever ages, gives the first of a priority whose points and waiting come to most', () => {
  const aged = fc.record({ priority: fc.nat(8), age: fc.nat(100_000), takes: fc.nat(2) })
  fc.assert(
    fc.property(fc.array(aged, { maxLength: 100 }), (steps) => {
      const now = performance.now()
      const queue = new SubmissionQueue<Aged>()
      const waiting: Aged[] = []
      for (const { priority, age, takes } of steps) {
        const entry = new Aged(priority, now - age)
        queue.push(entry)
        waiting.push(entry)
        for (let take = 0; take < takes && waiting.length > 0; take += 1) {
          const firsts = waiting.filter(
            (one) => one === waiting.find((other) => other.priority === one.priority),
          )
          const most = Math.max(...firsts.map(({ points }) => points))
          const first = queue.first!
          expect(firsts).toContain(first)
          expect(first.points).toBeCloseTo(most, 6)
          queue.remove(first)
          waiting.splice(waiting.indexOf(first), 1)
        }
      }
    }),
  )
})

class Aged extends QueueEntry {
  readonly priority: number
  readonly submittedAt: number

  constructor(priority: number, submittedAt: number) {
    super()
    this.priority = priority
    this.submittedAt = submittedAt
  }

  get points(): number {
    return this.priority - this.submittedAt / 10_000
  }
}
