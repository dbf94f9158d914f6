import { expect, test } from 'vitest'
import { type PlatformData, platform } from '../src/claims/03-platform.ts'

const around = (value: number): number[] => [0.97, 1.02, 1, 0.99, 1.03, 1.01].map((f) => f * value)

/** As it is measured on two cores. */
const seen: PlatformData = {
  cores: 2,
  workers: 32,
  units: 640,
  osThreads: { perThread: 1, perAsyncTask: 0 },
  start: { thread: around(20), async: around(0.001) },
  switches: {
    threads: { voluntary: around(1.1), involuntary: around(0.1) },
    async: { voluntary: around(0.06), involuntary: around(0.001) },
  },
}

test('threads that take more of everything: the claim holds', () => {
  const { verdict, condition, evidence, meaning } = platform.judge(seen)
  expect(verdict).toBe('holds')
  expect(condition).toBeUndefined()
  expect(evidence.map(({ label }) => label)).toEqual([
    'starting a thread',
    'starting an async task',
    'threads, for a unit of work',
    'async, for a unit of work',
  ])
  expect(meaning).toContain('20,000 async tasks')
})

test('threads that take no more of anything refute it', () => {
  const { verdict, condition } = platform.judge({
    ...seen,
    osThreads: { perThread: 1, perAsyncTask: 1 },
    start: { thread: around(0.001), async: around(0.001) },
    switches: { threads: seen.switches!.async, async: seen.switches!.async },
  })
  expect(verdict).toBe('does-not-hold')
  expect(condition).toContain('time to start')
})

test('where context switches are alike, it holds for the rest', () => {
  const { verdict, condition } = platform.judge({
    ...seen,
    switches: { threads: seen.switches!.threads, async: seen.switches!.threads },
  })
  expect(verdict).toBe('holds-with-condition')
  expect(condition).toBe(
    'as to threads of the operating system and time to start; no more context switches than async tasks',
  )
})

test('a system that hides its threads and switches leaves the time to start', () => {
  const { osThreads: _, switches: __, ...start } = seen
  const { verdict, condition, evidence } = platform.judge(start)
  expect(verdict).toBe('holds-with-condition')
  expect(condition).toBe(
    'as to time to start; nothing can be said of threads of the operating system and context switches',
  )
  expect(evidence).toHaveLength(2)
})

test('noise that hides every difference tells nothing', () => {
  const wild = [0.01, 40, 0.3, 9, 0.05, 70]
  const { osThreads: _, ...rest } = seen
  const { verdict } = platform.judge({
    ...rest,
    start: { thread: wild, async: [...wild].reverse() },
    switches: {
      threads: { voluntary: wild, involuntary: wild },
      async: { voluntary: [...wild].reverse(), involuntary: wild },
    },
  })
  expect(verdict).toBe('cannot-tell')
})

test('async tasks without a single switch do not break the ratio', () => {
  const zero = around(0)
  const { verdict } = platform.judge({
    ...seen,
    switches: { ...seen.switches!, async: { voluntary: zero, involuntary: zero } },
  })
  expect(verdict).toBe('holds')
})
