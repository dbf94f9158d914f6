/** What a pool records: every task once, whatever becomes of it. */
import { MetricsRegistry } from '@threeply/metrics'
import { expect, test } from 'vitest'
import { failure, makePool, until, Words } from './pools.ts'

test('every task is counted once, by its outcome, and nothing is left', {
  timeout: 60_000,
}, async () => {
  const metrics = new MetricsRegistry()
  const pool = makePool({ threads: 2, metrics, grace: 20, queueLimit: 100 })
  await pool.map(
    'double',
    Array.from({ length: 5_000 }, (_, index) => index),
  )
  await failure(pool.run('throwIfOdd', 1))
  await failure(pool.run('exit', 3))
  await failure(pool.run('spin', new Words(), { timeout: 50 })) // whether it has started or not
  const looping = new Words()
  const stop = new AbortController()
  const looped = failure(pool.run('loopForEver', looping, { signal: stop.signal }))
  await looping.started()
  stop.abort()
  await looped
  await failure(pool.run('echo', () => {}))
  const held = new Words()
  const controller = new AbortController()
  const spinning = failure(pool.run('spin', held, { signal: controller.signal }))
  await held.started()
  expect(read(metrics, 'threeply_tasks_running')).toBe(1)
  controller.abort()
  await spinning
  const signal = AbortSignal.abort()
  await failure(pool.run('double', 1, { signal }))
  await pool.run('exitUntil', { words: new Words().words, times: 2 }, { idempotent: true })

  const blocked = Array.from({ length: 150 }, () => failure(pool.run('block', new Words())))
  await until(() => read(metrics, 'threeply_tasks_running') === 2)
  expect(read(metrics, 'threeply_tasks_waiting')).toBe(100)
  await pool.destroy()
  await Promise.all(blocked)

  const settled = (outcome: string) => read(metrics, 'threeply_tasks_settled_total', { outcome })
  expect(settled('completed')).toBe(5_001)
  expect(settled('failed')).toBe(2)
  expect(settled('thread-exit')).toBe(1)
  expect(settled('timed-out')).toBe(1)
  expect(settled('cancelled')).toBe(3)
  expect(settled('refused')).toBe(48)
  expect(settled('closed')).toBe(102)
  expect(read(metrics, 'threeply_tasks_submitted_total')).toBe(5_000 + 8 + 150)
  expect(read(metrics, 'threeply_tasks_running')).toBe(0)
  expect(read(metrics, 'threeply_tasks_waiting')).toBe(0)
  expect(read(metrics, 'threeply_threads')).toBe(0)
  expect(read(metrics, 'threeply_threads_exited_total', { reason: 'failed' })).toBe(2)
  expect(read(metrics, 'threeply_threads_exited_total', { reason: 'terminated' })).toBe(1)
})

test('no more threads are started than the pool has', { timeout: 60_000 }, async () => {
  const metrics = new MetricsRegistry()
  const pool = makePool({ threads: 2, metrics })
  const inputs = Array.from({ length: 2_000 }, (_, index) => index)
  for (let round = 0; round < 20; round += 1) await pool.map('double', inputs)
  await pool.close()
  expect(read(metrics, 'threeply_threads_started_total')).toBe(2)
})

test('run and queue times are recorded for each task', { timeout: 60_000 }, async () => {
  const metrics = new MetricsRegistry()
  const pool = makePool({ threads: 2, metrics })
  await pool.map('checksum', Array(300).fill(20_000))
  await pool.run('checksum', 100_000)
  await pool.close()
  for (const name of ['threeply_task_run_seconds', 'threeply_task_queue_seconds']) {
    expect(read(metrics, name)).toMatchObject({ count: 301 })
  }
  const { timelines } = metrics.snapshot()
  const spans = timelines.flatMap((timeline) => timeline.spans)
  const names = new Set(spans.map(({ name }) => name))
  names.delete('stolen') // whether threads get on alike is not for this test
  expect(names).toEqual(new Set(['serialise', 'queued', 'run']))
  expect(spans.every(({ start, end }) => end >= start)).toBe(true)
})

test('a short task is not recorded with a long one behind it', { timeout: 60_000 }, async () => {
  const metrics = new MetricsRegistry()
  const pool = makePool({ threads: 1, metrics })
  await pool.map('threadAfter', [0, 100], { chunkSize: 2 })
  await pool.close()
  const { min, max } = read(metrics, 'threeply_task_run_seconds') as { min: number; max: number }
  expect(min).toBeLessThan(max / 10)
})

test('inputs that were read for a chunk never start when the next one cannot be read', {
  timeout: 60_000,
}, async () => {
  const metrics = new MetricsRegistry()
  const pool = makePool({ threads: 1, metrics })
  const error = new RangeError('no more')
  function* numbers() {
    yield* [1, 2, 3]
    throw error
  }
  expect(await failure(pool.map('double', numbers(), { chunkSize: 8 }))).toBe(error)
  await pool.close()
  const settled = (outcome: string) => read(metrics, 'threeply_tasks_settled_total', { outcome })
  expect([settled('cancelled'), settled('completed')]).toEqual([3, 0])
  expect(read(metrics, 'threeply_tasks_waiting')).toBe(0)
})

test('work that is too small for its message shows', { timeout: 60_000 }, async () => {
  const messagesToWork = async (name: 'echo' | 'checksum', inputs: readonly never[]) => {
    const metrics = new MetricsRegistry()
    const pool = makePool({ threads: 2, metrics })
    await pool.map(name, inputs)
    await pool.close()
    const { sum } = read(metrics, 'threeply_task_run_seconds') as { readonly sum: number }
    return (read(metrics, 'threeply_serialise_seconds_total') as number) / sum
  }
  const large = Array.from({ length: 20 }, () => Array.from({ length: 5_000 }, (_, i) => ({ i })))
  expect(await messagesToWork('echo', large as never[]), 'giving back what it got').toBeGreaterThan(
    1,
  )
  expect(
    await messagesToWork('checksum', Array<never>(4).fill(2e7 as never)),
    'computing',
  ).toBeLessThan(0.1)
})

test('the timeline tells what was taken back from a busy thread', { timeout: 60_000 }, async () => {
  const metrics = new MetricsRegistry()
  const pool = makePool({ threads: 2, metrics })
  const held = new Words()
  const quick = { blocks: false, words: held.words }
  await pool.map('blockIf', Array(500).fill(quick)) // cheap, as is known then
  const blocked = pool.run('blockIf', { blocks: true, words: held.words })
  await Promise.all(Array.from({ length: 50 }, () => pool.run('blockIf', quick)))
  const stolen = metrics
    .snapshot()
    .timelines.flatMap(({ spans }) => spans)
    .filter(({ name }) => name === 'stolen')
  expect(stolen.length).toBeGreaterThan(0)
  expect(stolen.every(({ start, end }) => start > 0 && end >= start)).toBe(true)
  held.release()
  await blocked
})

function read(
  metrics: MetricsRegistry,
  name: string,
  labels: Record<string, string> = {},
): unknown {
  const wanted = Object.entries({ runner: 'fork-join', ...labels })
  const found = metrics
    .snapshot()
    .series.filter((series) => series.name === name)
    .find((series) => wanted.every(([key, value]) => series.labels[key] === value))
  return found?.value
}
