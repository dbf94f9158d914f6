import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTaskContext } from '@threeply/task'
import { compareSync } from 'bcryptjs'
import { inflateSync, strFromU8 } from 'fflate'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { kendallTau } from '../src/measure/rank-correlation.ts'
import { loadCorpus } from '../src/workloads/corpus.ts'
import { longestGap } from '../src/workloads/event-loop-gaps.ts'
import { readTextFile } from '../src/workloads/io-tasks.ts'
import { compute, mixed } from '../src/workloads/mixed-tasks.ts'
import {
  compress,
  hashPassword,
  invertedIndex,
  wordStatistics,
} from '../src/workloads/text-tasks.ts'

const context = createTaskContext()
const text = 'The whale, the WHALE! A white whale — Ahab’s.'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'threeply-test-'))
  mkdirSync(join(folder, 'inner'))
  writeFileSync(join(folder, 'b.txt'), 'second')
  writeFileSync(join(folder, 'a.md'), 'first')
  writeFileSync(join(folder, 'inner', 'c.txt'), 'third')
  writeFileSync(join(folder, 'photo.jpg'), Buffer.from([0xff, 0xd8, 0, 1]))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('the bundled corpus has over two hundred addresses and the chapters of Moby Dick', async () => {
  const { paths, text } = await loadCorpus()
  expect(paths.filter((path) => path.includes('sotu')).length).toBeGreaterThan(200)
  const loomings = paths.findIndex((path) => path.endsWith('chapter_1.txt'))
  expect(await text(loomings)).toContain('Call me Ishmael.')
})

test("the user's folder replaces it, with what is in its folders, without what is no text", async () => {
  const corpus = await loadCorpus(folder)
  const texts = await Promise.all(corpus.paths.map((_, index) => corpus.text(index)))
  expect(texts).toEqual(['first', 'second', 'third'])
  expect(await corpus.text(4)).toBe('second')
})

test('text of any length is taken from the files round and round', async () => {
  const { textOfLength } = await loadCorpus(folder)
  expect(await textOfLength(20)).toBe('firstsecondthirdfirs')
})

test('word statistics count words, whatever their case', () => {
  expect(wordStatistics(text)).toEqual({
    words: 9,
    distinct: 6,
    longest: 'whale',
    commonest: [
      ['whale', 3],
      ['the', 2],
      ['a', 1],
      ['ahab', 1],
      ['s', 1],
      ['white', 1],
    ],
  })
})

test('the inverted index tells where each word is', () => {
  const { words, offsets, positions } = invertedIndex(text, context)
  const places = words.map((word, i) => [word, ...positions.slice(offsets[i], offsets[i + 1])])
  expect(places).toEqual([
    ['a', 4],
    ['ahab', 7],
    ['s', 8],
    ['the', 0, 2],
    ['whale', 1, 3, 6],
    ['white', 5],
  ])
})

test('what was compressed decompresses to the same text', () => {
  const long = text.repeat(100)
  const compressed = compress(long, context)
  expect(compressed.length).toBeLessThan(long.length / 10)
  expect(strFromU8(inflateSync(compressed))).toBe(long)
})

test('a password hash is always the same, and fits the password', () => {
  expect(hashPassword('Call me Ishmael')).toBe(hashPassword('Call me Ishmael'))
  expect(compareSync('Call me Ishmael', hashPassword('Call me Ishmael'))).toBe(true)
  expect(hashPassword('Call me Ahab')).not.toBe(hashPassword('Call me Ishmael'))
})

test('a text file is read whole', async () => {
  expect(await readTextFile(join(folder, 'b.txt'), context)).toBe('second'.length)
})

test('mixed work gives the same whether it waits or not', async () => {
  expect(mixed({ steps: 1_000, wait: 0 }, context)).toBe(compute(1_000))
  const half = compute(500)
  expect(await mixed({ steps: 1_000, wait: 0.1 }, context)).toBe(half + half)
  expect(await mixed({ steps: 1_000, wait: 1 }, context)).toBe(half + half)
})

test('the longest gap is the longest time between two ticks', () => {
  expect(longestGap([0, 1, 2.5, 40, 41])).toBe(37.5)
  expect(longestGap([0])).toBe(0)
})

test('the correlation of ranks is 1 for the same order, −1 for the opposite, 0 for no order', () => {
  expect(kendallTau([1, 2, 3, 4], [10, 20, 30, 40])).toBe(1)
  expect(kendallTau([1, 2, 3, 4], [4, 3, 2, 1])).toBe(-1)
  expect(kendallTau([1, 2, 3, 4], [5, 5, 5, 5])).toBe(0)
  // One of six pairs is the other way round: (5 − 1) / 6.
  expect(kendallTau([1, 2, 3, 4], [1, 3, 2, 4])).toBeCloseTo(4 / 6)
})
