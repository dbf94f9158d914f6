/** What travels with a task: values of AsyncLocalStorages, and the trace it belongs to. */
import { context, propagation } from '@opentelemetry/api'
import { TaskSerializationError } from '@threeply/task'
import { describe, expect, onTestFinished, test } from 'vitest'
import { ForkJoinPool, type ForkJoinPoolOptions } from '../src/index.ts'
import * as carrying from './fixtures/carrying.ts'
import { failure } from './pools.ts'

const { carry, inTrace, registerOpenTelemetry } = carrying
const OPTIONS = { timeout: 60_000 }

function makePool(options: ForkJoinPoolOptions = {}): ForkJoinPool<typeof carrying> {
  const module = new URL('./fixtures/carrying.ts', import.meta.url)
  const pool = new ForkJoinPool<typeof carrying>(module, { threads: 2, carry, ...options })
  onTestFinished(() => pool.destroy())
  return pool
}

describe('carry', OPTIONS, () => {
  test('gives each task what its caller had when it submitted', async () => {
    const pool = makePool()
    const outputs = Array.from({ length: 200 }, (_, call) =>
      carry.requestId.run(`request ${call}`, () => pool.run('seen', undefined)),
    )
    for (const [call, { requestId }] of (await Promise.all(outputs)).entries()) {
      expect(requestId).toBe(`request ${call}`)
    }
    expect(await pool.run('seen', undefined)).toEqual({})
  })

  test.each(['map', 'mapSettled', 'broadcast', 'scope'] as const)(
    'holds for %s',
    async (method) => {
      const pool = makePool()
      const outputs = await carry.requestId.run('mine', () => {
        if (method === 'broadcast') return pool.broadcast('seen', undefined)
        if (method === 'scope') return pool.scope(({ map }) => map('seen', [1, 2]))
        if (method === 'map') return pool.map('seen', [1, 2])
        return pool
          .mapSettled('seen', [1, 2])
          .then((all) => all.map((one) => 'value' in one && one.value))
      })
      expect(outputs).toEqual([{ requestId: 'mine' }, { requestId: 'mine' }])
    },
  )

  test('holds for what a task forks', async () => {
    const output = carry.requestId.run('mine', () => makePool().run('seenByChild', undefined))
    expect(await output).toEqual({ requestId: 'mine' })
  })

  test('gives each task a clone of its own, in one message too', async () => {
    const pool = makePool({ threads: 1 })
    const user = { name: 'Ada' }
    const renamed = carry.user.run(user, () =>
      pool.map('rename', ['Grace', 'Edsger', 'Barbara'], { chunkSize: 3 }),
    )
    expect(await renamed).toEqual(['Ada', 'Ada', 'Ada'])
    expect(user).toEqual({ name: 'Ada' })
  })

  test('fails the task whose value cannot be cloned, with its path, and no other', async () => {
    const pool = makePool({ threads: 1 })
    const user = { name: 'Ada', save: () => {} }
    const others = Array.from({ length: 5 }, () => pool.run('seen', undefined))
    const error = await failure(carry.user.run(user, () => pool.run('seen', undefined)))
    expect(error).toBeInstanceOf(TaskSerializationError)
    expect(error.path).toBe('carried.user.save')
    expect(error.task).toMatchObject({ name: 'seen' })
    expect(await Promise.all(others)).toHaveLength(5)
  })

  test.each([[5], [{ requestId: {} }]])('refuses %o', (bad) => {
    expect(() => makePool({ carry: bad as object as typeof carry })).toThrow(
      expect.objectContaining({ code: 'ERR_THREEPLY_INVALID_OPTION' }),
    )
  })
})

test('a task runs in the trace of its caller, where OpenTelemetry is set up', OPTIONS, async () => {
  const pool = makePool({ carry: undefined })
  expect(await inTrace('nobody listens', () => pool.run('traceHere'))).toBeUndefined()
  registerOpenTelemetry()
  onTestFinished(() => {
    context.disable()
    propagation.disable()
  })
  const traces = Array.from({ length: 50 }, (_, call) =>
    inTrace(`trace ${call}`, () => pool.run('traceHere')),
  )
  for (const [call, trace] of (await Promise.all(traces)).entries()) {
    expect(trace).toBe(`trace ${call}`)
  }
  expect(await pool.run('traceHere')).toBeUndefined()
})
