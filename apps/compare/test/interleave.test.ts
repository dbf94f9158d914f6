import { describe, expect, test } from 'vitest'
import { interleave, turns } from '../src/measure/interleave.ts'

const forever = new AbortController().signal
const options = { rounds: 6, warmUp: true, budget: Infinity, signal: forever }

describe('turns', () => {
  test('give every subject its turn in every round', () => {
    for (let count = 1; count <= 7; count++) {
      for (let round = 0; round < 20; round++) {
        expect([...turns(count, round)].sort()).toEqual(Array.from({ length: count }, (_, i) => i))
      }
    }
  })

  test('put each subject at each place equally often', () => {
    for (const count of [2, 3, 4, 5, 6]) {
      for (let place = 0; place < count; place++) {
        const there = Array.from({ length: count * 2 }, (_, round) => turns(count, round)[place])
        for (let subject = 0; subject < count; subject++) {
          expect(there.filter((name) => name === subject)).toHaveLength(2)
        }
      }
    }
  })

  test('let each follow each other equally often', () => {
    for (const count of [2, 3, 4, 5, 6]) {
      const followed = new Map<string, number>()
      for (let round = 0; round < count * 2; round++) {
        const order = turns(count, round)
        for (let place = 1; place < count; place++) {
          const pair = `${order[place - 1]} ${order[place]}`
          followed.set(pair, (followed.get(pair) ?? 0) + 1)
        }
      }
      expect(followed.size).toBe(count * (count - 1))
      expect(new Set(followed.values())).toEqual(new Set([2]))
    }
  })
})

describe('a comparison', () => {
  test('measures every subject in every round, the warm-up left out', async () => {
    const calls: string[] = []
    const took = await interleave(
      { a: (round) => calls.push(`a${round}`), b: async (round) => calls.push(`b${round}`) },
      options,
    )
    expect(took.a).toHaveLength(6)
    expect(took.b).toHaveLength(6)
    expect(calls.slice(0, 2)).toEqual(['a0', 'b0'])
    expect(calls).toHaveLength(14)
  })

  test('runs one subject at a time, to its end', async () => {
    let running = 0
    let most = 0
    const subject = async () => {
      most = Math.max(most, ++running)
      await new Promise((resolve) => setTimeout(resolve, 1))
      running -= 1
    }
    await interleave({ a: subject, b: subject, c: subject }, options)
    expect(most).toBe(1)
  })

  test('measures the time until the promise settles', async () => {
    const { slow } = await interleave(
      { slow: () => new Promise((resolve) => setTimeout(resolve, 20)) },
      { ...options, rounds: 3, warmUp: false },
    )
    for (const time of slow) expect(time).toBeGreaterThanOrEqual(19)
  })

  test('stops at its budget, but not before five rounds', async () => {
    const { a } = await interleave({ a: () => {} }, { ...options, rounds: 50, budget: -1 })
    expect(a).toHaveLength(5)
  })

  test('starts nothing more once aborted, and rejects with the reason', async () => {
    const controller = new AbortController()
    const reason = new Error('enough')
    let calls = 0
    const run = interleave(
      {
        a: () => {
          if (++calls === 3) controller.abort(reason)
        },
      },
      { ...options, signal: controller.signal },
    )
    await expect(run).rejects.toBe(reason)
    expect(calls).toBe(3)
  })

  test('ends with the error of a subject that fails', async () => {
    const failure = new Error('no such page')
    await expect(
      interleave(
        {
          a: () => {
            throw failure
          },
        },
        options,
      ),
    ).rejects.toBe(failure)
  })
})
