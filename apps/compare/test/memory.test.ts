import { describe, expect, test } from 'vitest'
import { type MemoryData, memory } from '../src/claims/02-memory.ts'
import { inFreshProcess } from '../src/isolation/fresh-process.ts'
import type { MemoryPoint } from '../src/workloads/idle.ts'

const BASE = 70_000_000

/** A process that grows by `each` bytes, give or take the noise, with every one that is added. */
function growth(
  counts: readonly number[],
  each: number,
  { noise = () => 0, stack = 0 }: { noise?: (count: number) => number; stack?: number } = {},
): MemoryPoint[] {
  return [0, ...counts].map((count) => ({
    count,
    rss: BASE + count * each + noise(count),
    heap: 9_000_000 + count * each * 0.8,
    mainStack: 135_168 + count * stack,
  }))
}

const THREADS = [1, 10, 20, 30, 40, 50]
const TASKS = [1_000, 10_000, 40_000, 70_000, 100_000]

const measured = (threadBytes: number, taskBytes: number): MemoryData => ({
  cores: 2,
  threads: [growth(THREADS, threadBytes)],
  tasks: [1, 2, 3].map((round) => growth(TASKS, taskBytes + round)),
})

describe('the judgement', () => {
  test('a thread that takes ten thousand times an async task: the claim holds', () => {
    const { verdict, evidence, meaning } = memory.judge(measured(7_700_000, 730))
    expect(verdict).toBe('holds')
    expect(evidence).toMatchObject([
      { label: 'idle thread', value: 7_700_000, unit: 'bytes' },
      { label: 'pending async task', value: 732, unit: 'bytes' },
      { unit: 'bytes' },
      { label: 'thread / async task', unit: '×' },
    ])
    expect(meaning).toContain('7.7 MB')
  })

  test('a thread that takes hardly more than an async task refutes it', () => {
    const { verdict, condition } = memory.judge(measured(2_000, 1_000))
    expect(verdict).toBe('does-not-hold')
    expect(condition).toContain('only 2 times')
  })

  test('a stack that grows with the pending tasks refutes it', () => {
    const data = measured(7_700_000, 730)
    const tasks = [growth(TASKS, 730, { stack: 100 })]
    const { verdict, condition } = memory.judge({ ...data, tasks })
    expect(verdict).toBe('does-not-hold')
    expect(condition).toContain('stack grew by 10 MB')
  })

  test('memory that moves by more than what was added tells nothing', () => {
    const data = measured(7_700_000, 730)
    const jumps = [3e9, -2e9, 4e9]
    const tasks = jumps.map((jump) =>
      growth(TASKS, 730, { noise: (count) => (count === 100_000 ? jump : 0) }),
    )
    expect(memory.judge({ ...data, tasks }).verdict).toBe('cannot-tell')
  })

  test('two processes are too few to tell anything', () => {
    const data = measured(7_700_000, 730)
    expect(memory.judge({ ...data, tasks: data.tasks.slice(0, 2) }).verdict).toBe('cannot-tell')
  })
})

describe('the measurement', { timeout: 60_000 }, () => {
  const module = new URL('../src/workloads/idle.ts', import.meta.url).href
  const { signal } = new AbortController()
  const run = (name: string, input: readonly number[]) =>
    inFreshProcess<MemoryPoint[]>({ module, name, input }, signal)

  test('sees threads come, each with a heap of its own', async () => {
    const points = await run('memoryOfThreads', [1, 4])
    expect(points.map(({ count }) => count)).toEqual([0, 1, 4])
    const [none, , four] = points
    expect(four!.rss - none!.rss).toBeGreaterThan(4 * 1_000_000)
    expect(four!.heap - none!.heap).toBeGreaterThan(4 * 1_000_000)
  })

  test('sees async tasks come, some hundred bytes each', async () => {
    const points = await run('memoryOfTasks', [1_000, 50_000])
    const [, first, last] = points
    const each = (last!.heap - first!.heap) / 49_000
    expect(each).toBeGreaterThan(200)
    expect(each).toBeLessThan(2_000)
  })
})
