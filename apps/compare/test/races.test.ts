import { expect, test } from 'vitest'
import { type RacesData, races } from '../src/claims/01-races.ts'

const none = [0, 0, 0, 0, 0]
const many = [41.2, 48.9, 0, 39.5, 50]

/** As it is measured on two cores. */
const seen: RacesData = {
  cores: 2,
  threads: 2,
  asyncTasks: 64,
  updates: { plain: 8_000_000, atomic: 800_000, async: 3_200 },
  lost: {
    plain: many,
    atomic: none,
    withinTick: none,
    acrossAwait: [98.4, 98.4, 98.4, 98.4, 98.4],
  },
  cost: { plain: [2, 2.2, 2.1, 2, 1.9], atomic: [12, 13, 12, 14, 12] },
}

const judgeLost = (lost: Partial<RacesData['lost']>, cores = 2) =>
  races.judge({ ...seen, cores, lost: { ...seen.lost, ...lost } })

test('threads race and async tasks too, across an await: the claim holds on that condition', () => {
  const { verdict, condition, evidence, meaning } = races.judge(seen)
  expect(verdict).toBe('holds-with-condition')
  expect(condition).toBe('only as long as no await stands between the read and the write')
  expect(evidence.map(({ value }) => value)).toEqual([35.92, 0, 0, 98.4])
  expect(meaning).toContain('6×') // an atomic increment against a plain one
})

test('async tasks that lose nothing across an await either: the claim holds', () => {
  expect(judgeLost({ acrossAwait: none }).verdict).toBe('holds')
})

test('one update that is lost without an await refutes the claim, whatever else was seen', () => {
  const judgement = judgeLost({ withinTick: [0, 0, 0, 0, 0.03] })
  expect(judgement.verdict).toBe('does-not-hold')
  expect(judgement.condition).toContain('no await')
  expect(judgeLost({ withinTick: [0, 0.03], plain: none }).verdict).toBe('does-not-hold')
})

test('Atomics that lose an update refute it too', () => {
  expect(judgeLost({ atomic: [0, 0, 0.01, 0, 0] }).verdict).toBe('does-not-hold')
})

test('one lost update of threads is proof, however many rounds lost none', () => {
  expect(judgeLost({ plain: [0, 0, 0, 0, 0.001] }).verdict).toBe('holds-with-condition')
})

test('where threads lose nothing, nothing can be told, and it says why', () => {
  const onOneCore = judgeLost({ plain: none }, 1)
  expect(onOneCore.verdict).toBe('cannot-tell')
  expect(onOneCore.condition).toContain('one core')
  const onTwo = judgeLost({ plain: none })
  expect(onTwo.verdict).toBe('cannot-tell')
  expect(onTwo.condition).toContain('another program')
})

test('the same data give the same judgement', () => {
  expect(races.judge(structuredClone(seen))).toEqual(races.judge(seen))
})
