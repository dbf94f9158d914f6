/** Tasks that travel together are as separate as if each had a message of its own. */
import { setTimeout as delay } from 'node:timers/promises'
import { MetricsRegistry } from '@threeply/metrics'
import { TaskSerializationError } from '@threeply/task'
import { describe, expect, test } from 'vitest'
import { failure, makePool, Words } from './pools.ts'

const OPTIONS = { timeout: 60_000 }

describe('inputs in one message', OPTIONS, () => {
  test('an object that several have in common is not shared by their tasks', async () => {
    const pool = makePool({ threads: 1 })
    const list: number[] = []
    expect(await pool.map('pushTo', Array(50).fill(list), { chunkSize: 50 })).toEqual(
      Array(50).fill(1),
    )
    const nested = Array.from({ length: 20 }, () => ({ list }))
    const outputs = (await pool.map('echo', nested, { chunkSize: 20 })) as typeof nested
    expect(new Set(outputs.map((output) => output.list)).size).toBe(20)
  })

  test('an object in common is not shared, however large what has it is', async () => {
    const pool = makePool({ threads: 1 })
    const list: number[] = []
    // Below and above what is looked into, in turn: whatever is refused goes first in the next message.
    const sizes = [1, 10, 300, 10, 10, 1_000, 1, 1, 255, 256, 257, 400, 400, 400, 3, 3]
    const inputs = Array.from({ length: 20 }, () => sizes)
      .flat()
      .map((size) => ({ rest: Array.from({ length: size }, (_, place) => ({ place })), list }))
    const chunkSize = inputs.length
    expect(await pool.map('pushToListOf', inputs, { chunkSize })).toEqual(inputs.map(() => 1))
    const outputs = (await pool.map('echo', inputs, { chunkSize })) as typeof inputs
    expect(new Set(outputs.map((output) => output.list)).size).toBe(inputs.length)
  })

  test('one that cannot be cloned is refused, with its path, and no other', async () => {
    const pool = makePool({ threads: 1 })
    await pool.map('echo', [1, 2, 3, 4, 5, 6, 7, 8])
    const good = [0, 1, 2].map((value) => pool.run('echo', value))
    const bad = failure(pool.run('echo', { rows: [1, { save: () => {} }] }))
    const more = [3, 4, 5].map((value) => pool.run('echo', value))
    expect(await Promise.all([...good, ...more])).toEqual([0, 1, 2, 3, 4, 5])
    const error = await bad
    expect(error).toBeInstanceOf(TaskSerializationError)
    expect(error.path).toBe('input.rows[1].save')
  })

  test.each(['cold', 'warm'])(
    'one with a getter that throws, too, in a pool that is %s',
    async (how) => {
      const pool = makePool({ threads: 1 })
      if (how === 'warm') await pool.warmUp()
      const element = Object.defineProperty([1, 2], 0, { enumerable: true, get: refuse })
      const view = Object.defineProperty(new Uint8Array(2), 'buffer', { get: refuse })
      const errors = [failure(pool.run('echo', element)), failure(pool.map('echo', [element, 2]))]
      const other = pool.run('echo', 'other')
      for (const error of await Promise.all(errors)) {
        expect(error).toBeInstanceOf(TaskSerializationError)
        expect(error.path).toBe('input[0]')
      }
      expect(await other).toBe('other')
      expect(await pool.map('byteLength', [view, new Uint8Array(3)])).toEqual([2, 3])
    },
  )

  test('what they have themselves in place of what arrays, maps and sets have is not called', async () => {
    const pool = makePool({ threads: 1 })
    const moved = new ArrayBuffer(8)
    const odd = [
      Object.assign([1, 2], { [Symbol.iterator]: refuse }),
      Object.assign(new Set([1]), { [Symbol.iterator]: refuse }),
      Object.assign(new Map([[1, moved]]), { keys: refuse, values: refuse }),
    ]
    const large = new Map(Array.from({ length: 200_000 }, (_, at) => [at, at]))
    const outputs = await pool.map('keysOf', [...odd, large], { transfer: [moved] })
    expect(outputs).toEqual([2, 1, 1, 200_000])
    expect(moved.byteLength).toBe(0)
  })

  test('in a map, it rejects with its index', async () => {
    const inputs = Array.from({ length: 40 }, (_, index) => (index === 33 ? () => {} : index))
    const error = await failure(makePool().map('echo', inputs, { chunkSize: 40 }))
    expect(error).toBeInstanceOf(TaskSerializationError)
    expect(error.task).toEqual({ name: 'echo', index: 33 })
  })

  test('what was to be moved with a refused input stays', async () => {
    const pool = makePool({ threads: 1 })
    const buffer = new ArrayBuffer(16)
    await failure(pool.run('echo', { buffer, save: () => {} }, { transfer: [buffer] }))
    expect(buffer.byteLength).toBe(16)
    const view = new Uint8Array(buffer)
    expect(await pool.run('byteLength', view, { transfer: [buffer] })).toBe(16)
    expect(buffer.byteLength).toBe(0)
  })

  test('views of one shared buffer keep sharing it', async () => {
    const held = new Words()
    const inputs = Array.from({ length: 30 }, () => ({ words: held.words }))
    await makePool().map('countStart', inputs, { chunkSize: 10 })
    expect(held.starts).toBe(30)
  })
})

describe('what cannot be sent', OPTIONS, () => {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  const throwing = new Proxy([], {
    get() {
      throw new RangeError('trapped')
    },
  })
  const transfer = [new ArrayBuffer(8)]
  test.each<[string, unknown, object]>([
    ['a proxy that was revoked', proxy, {}],
    ['one among other inputs', [proxy], {}],
    ['an array that throws', throwing, {}],
    ['one to be searched for what is moved', { proxy }, { transfer }],
  ])('fails its own task, and the pool goes on: %s', async (_what, input, options) => {
    const pool = makePool({ threads: 1 })
    const calls = [pool.run('echo', input, options), pool.map('echo', [1, input], options)]
    for (const call of calls) {
      expect(await failure(call)).toMatchObject({ code: 'ERR_THREEPLY_SERIALIZATION' })
    }
    expect(await pool.run('double', 1)).toBe(2)
  })

  test('ends a map with what travels beside it', async () => {
    const held = Array.from({ length: 3 }, () => new Words())
    const pool = makePool({ threads: 1 })
    const inputs = held.map(({ words }, nth) => (nth === 1 ? { words, save: () => {} } : { words }))
    const error = await failure(pool.map('spin', inputs, { chunkSize: 3 }))
    expect(error).toMatchObject({ code: 'ERR_THREEPLY_SERIALIZATION', path: 'input.save' })
    expect(held.map(({ starts, ends }) => starts - ends)).toEqual([0, 0, 0])
    expect(await pool.run('double', 1)).toBe(2)
  })
})

describe('outputs in one message', OPTIONS, () => {
  test('an object that several give is not shared by their callers', async () => {
    const outputs = await makePool({ threads: 1 }).map('sharedObject', Array(20).fill(undefined), {
      chunkSize: 20,
    })
    expect(new Set(outputs).size).toBe(20)
  })

  test('one that cannot be cloned fails its own task, and no other, and no thread', async () => {
    const pool = makePool({ threads: 1 })
    const before = await pool.run('thread')
    await pool.map('giveFunctionIf', [0, 2, 4, 6, 8, 10])
    const outcomes = await Promise.allSettled(
      Array.from({ length: 30 }, (_, index) => pool.run('giveFunctionIf', index)),
    )
    outcomes.forEach((outcome, index) => {
      if (index % 2 === 0) expect(outcome).toEqual({ status: 'fulfilled', value: index })
      else expect(outcome).toMatchObject({ reason: { path: 'output' } })
    })
    expect(await pool.run('thread')).toBe(before)
  })

  test('failures stand beside outputs, each with its own task', async () => {
    const pool = makePool({ threads: 1 })
    await pool.map('throwIfOdd', [0, 2, 4, 6])
    const outcomes = await Promise.allSettled(
      Array.from({ length: 40 }, (_, index) => pool.run('throwIfOdd', index)),
    )
    outcomes.forEach((outcome, index) => {
      if (index % 2 === 0) expect(outcome).toEqual({ status: 'fulfilled', value: index })
      else expect(outcome).toMatchObject({ reason: { message: `${index} is odd` } })
    })
  })

  test('one that cannot be moved fails its own task, and no other', async () => {
    const pool = makePool({ threads: 1 })
    await pool.map('moveKeptIf', [false, false, false, false])
    const outcomes = await pool.mapSettled(
      'moveKeptIf',
      Array.from({ length: 40 }, (_, index) => index % 10 === 9),
      { chunkSize: 40 },
    )
    const moved = outcomes.filter((_, index) => index % 10 === 9)
    expect(moved[0]).toEqual({ status: 'fulfilled', value: new ArrayBuffer(8) })
    for (const outcome of moved.slice(1)) {
      expect(outcome).toMatchObject({ reason: { code: 'ERR_THREEPLY_SERIALIZATION' } })
    }
    const others = outcomes.filter((_, index) => index % 10 !== 9)
    expect(others).toEqual(Array(36).fill({ status: 'fulfilled', value: 'stays' }))
  })

  test('what is moved out arrives, from many tasks', async () => {
    const outputs = await makePool().map('makeBuffers', Array(20).fill(3))
    expect(outputs.flat().map(({ byteLength }) => byteLength)).toEqual(Array(60).fill(8))
  })
})

describe('a task that takes long', OPTIONS, () => {
  test.each(['blockIf', 'blockIfAsync'] as const)(
    'keeps back nothing that was sent to its thread behind it (%s)',
    async (name) => {
      const held = new Words()
      const pool = makePool({ threads: 2 })
      // Known to be quick, so that they travel together. Each has a view of its own: see above.
      const input = (blocks: boolean) => ({ blocks, words: new Int32Array(held.words.buffer) })
      await pool.map(
        name,
        Array.from({ length: 500 }, () => input(false)),
      )
      const runs = Array.from({ length: 60 }, (_, index) => pool.run(name, input(index === 30)))
      expect(await Promise.all(runs.slice(31))).toEqual(Array(29).fill('quick'))
      // What is finished waits for a task that only computes, but not for one that awaits.
      if (name === 'blockIf') held.release()
      expect(await Promise.all(runs.slice(0, 30))).toEqual(Array(30).fill('quick'))
      expect(held.starts).toBe(1)
      held.release()
      expect(await runs[30]).toBe('released')
    },
  )

  test('does not keep a map of quick ones from getting on', async () => {
    const held = new Words()
    const pool = makePool({ threads: 2 })
    const blocked = pool.run('block', { words: held.words })
    await held.started()
    const inputs = Array.from({ length: 1_000 }, (_, index) => index)
    expect(await pool.map('double', inputs)).toEqual(inputs.map((input) => input * 2))
    held.release()
    expect(await blocked).toBe('released')
  })
})

test.each([1, 7, 1_000, 1_000_000])(
  'chunkSize %i says how many travel together',
  OPTIONS,
  async (chunkSize) => {
    const metrics = new MetricsRegistry()
    const inputs = Array.from({ length: 2_000 }, (_, index) => index)
    const pool = makePool({ threads: 1, metrics })
    expect(await pool.map('double', inputs, { chunkSize })).toEqual(
      inputs.map((input) => input * 2),
    )
    const spans = metrics.snapshot().timelines.flatMap((timeline) => timeline.spans)
    const messages = spans.filter(({ name }) => name === 'serialise').length
    const expected = Math.ceil(inputs.length / Math.min(chunkSize, 4_096))
    expect(messages).toBeGreaterThanOrEqual(expected)
    expect(messages).toBeLessThan(expected + 30) // what a slow thread gives back is sent again
  },
)

describe(
  'calls of run are answered while one behind them in their message goes on',
  OPTIONS,
  () => {
    test.each([
      ['with a timeout', { timeout: 60_000 }, 0],
      ['with a chunkSize of 1', { chunkSize: 1 }, 0],
      ['when tasks of that name have taken long', {}, 30],
    ])('%s', async (_, options, longest) => {
      const pool = makePool({ threads: 1 })
      const quick = () => ({ words: new Int32Array(3), blocks: false })
      await pool.map('blockIf', Array.from({ length: 5_000 }, quick)) // costs little, as is known then
      if (longest > 0) {
        const long = new Words()
        const slow = pool.run('blockIf', { words: long.words, blocks: true })
        await long.started()
        await delay(longest)
        long.release()
        await slow
        await pool.map('blockIf', Array.from({ length: 5_000 }, quick))
      }
      const before = new Words()
      const first = pool.run('block', before)
      await before.started()
      const short = Array.from({ length: 3 }, () => pool.run('blockIf', quick(), options))
      const held = new Words()
      const behind = pool.run('blockIf', { words: held.words, blocks: true }, options)
      before.release()
      await first
      await held.started()
      const answered = Promise.all(short)
      expect(await Promise.race([answered, delay(10_000, 'held back')])).toEqual(
        Array(3).fill('quick'),
      )
      held.release()
      expect(await behind).toBe('released')
    })
  },
)

test('a child that fails ends the sibling behind it in the same message', {
  timeout: 50_000,
}, async () => {
  const pool = makePool({ threads: 1 })
  const held = new Words()
  await pool.map('throwIfOdd', Array(5_000).fill(2)) // cheap, as is known then
  await pool.map('spinIf', Array(5_000).fill({ spins: false, words: held.words }))
  const blocked = pool.run('block', held)
  await held.started()
  const failed = failure(
    pool.scope(({ fork }) => {
      void fork('throwIfOdd', 3)
      void fork('spinIf', { spins: true, words: held.words })
    }),
  )
  held.release()
  expect(await failed).toMatchObject({ message: '3 is odd' })
  await blocked
})

function refuse(): never {
  throw new RangeError('not for you')
}
