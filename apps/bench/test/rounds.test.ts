import { expect, test } from 'vitest'
import { interleave } from '../src/rounds.ts'

const subjects = ['a', 'b', 'c'].map((name) => ({
  name,
  role: 'peer' as const,
  measure: async () => 1,
}))

test('each round measures each subject once, and begins with another one', async () => {
  const order: string[] = []
  await interleave({ subjects }, 3, async (subject, round) => {
    order.push(`${round}${subject}`)
    return 1
  })
  expect(order).toEqual(['0a', '0b', '0c', '1b', '1c', '1a', '2c', '2a', '2b'])
})

test('figures are kept by subject, in the order of the rounds', async () => {
  let count = 0
  const rounds = await interleave({ subjects }, 2, async () => {
    count += 1
    return count
  })
  expect([...rounds]).toEqual([
    ['a', [1, 6]],
    ['b', [2, 4]],
    ['c', [3, 5]],
  ])
})

test('the first failure ends it', async () => {
  let calls = 0
  const measured = interleave({ subjects }, 5, async () => {
    calls += 1
    throw new Error('no figure')
  })
  await expect(measured).rejects.toThrow('no figure')
  expect(calls).toBe(1)
})
