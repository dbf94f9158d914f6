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
  fc.record({ does: fc.constantFrom('push' as const, 'unshift' as const), priority: fc.nat(3) }),
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
