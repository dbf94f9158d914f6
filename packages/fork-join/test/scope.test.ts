/** A scope returns when all of its children have ended, however they end. */
import { ClosedError, TaskTimeoutError } from '@threeply/task'
import { describe, expect, test } from 'vitest'
import { failure, makePool, Words } from './pools.ts'

const OPTIONS = { timeout: 60_000 }

describe("policy 'all'", OPTIONS, () => {
  test("gives the body's value", async () => {
    const sum = await makePool().scope(async ({ fork, map }) => {
      const left = fork('double', 1)
      const right = map('double', [2, 3])
      return [await left, ...(await right)]
    })
    expect(sum).toEqual([2, 4, 6])
  })

  test('waits for children that nobody awaits', async () => {
    const held = new Words()
    await makePool().scope(({ fork }) => {
      void fork('countStart', held)
      void fork('countStart', held)
    })
    expect(held.starts).toBe(2)
  })

  test('a failing child cancels its siblings, and the scope throws it when they have ended', async () => {
    const held = new Words()
    const pool = makePool()
    let sibling: Promise<unknown> | undefined
    const error = await failure(
      pool.scope(async ({ fork }) => {
        sibling = fork('spin', held)
        await held.started()
        await fork('throwIfOdd', 1)
      }),
    )
    expect(error.message).toBe('1 is odd')
    expect(held.ends).toBe(1)
    expect(await failure(sibling!)).toBe(error)
  })

  test('a failing child that nobody awaits fails the scope, and is no unhandled rejection', async () => {
    const error = await failure(
      makePool().scope(({ fork }) => {
        void fork('throwIfOdd', 3)
        return 'fine'
      }),
    )
    expect(error.message).toBe('3 is odd')
  })

  test('a body that throws cancels its children', async () => {
    const held = new Words()
    const mine = new RangeError('mine')
    const error = await failure(
      makePool().scope(async ({ fork }) => {
        void fork('spin', held)
        await held.started()
        throw mine
      }),
    )
    expect(error).toBe(mine)
    expect(held.ends).toBe(1)
  })

  test('a failure that the body has caught fails it all the same', async () => {
    const error = await failure(
      makePool().scope(async ({ fork }) => {
        await fork('throwIfOdd', 5).catch(() => {})
        return 'caught'
      }),
    )
    expect(error.message).toBe('5 is odd')
  })
})

describe("policy 'any'", OPTIONS, () => {
  test('gives the first output, though a sibling on the same thread goes on', async () => {
    const held = new Words()
    const pool = makePool({ threads: 1, grace: 10 })
    const quick = { blocks: false, words: new Int32Array(1) } // what two have in common parts them
    await pool.map(
      'blockIf',
      Array.from({ length: 2_000 }, () => ({ ...quick })),
    ) // costs little
    const before = new Words()
    const blocked = pool.run('block', before)
    await before.started()
    const first = pool.scope(
      ({ fork }) => {
        void fork('blockIf', quick)
        void fork('blockIf', { blocks: true, words: held.words })
      },
      { policy: 'any' },
    )
    before.release()
    expect(await blocked).toBe('released')
    expect(await first).toBe('quick')
  })

  test('gives the first output, and cancels the others', async () => {
    const held = new Words()
    const output = await makePool().scope(
      async ({ fork }) => {
        void fork('spin', held)
        await held.started()
        void fork('double', 4)
      },
      { policy: 'any' },
    )
    expect(output).toBe(8)
    expect(held.ends).toBe(1)
  })

  test('survives failures while one gives an output', async () => {
    const output = await makePool().scope(
      ({ fork }) => {
        void fork('throwIfOdd', 1)
        void fork('throwIfOdd', 3)
        void fork('throwIfOdd', 4)
      },
      { policy: 'any' },
    )
    expect(output).toBe(4)
  })

  test('throws an AggregateError in the order of the forks when all have failed', async () => {
    const error = (await failure(
      makePool().scope(
        ({ fork }) => {
          for (const value of [1, 3, 5]) void fork('throwIfOdd', value)
        },
        { policy: 'any' },
      ),
    )) as unknown as AggregateError
    expect(error).toBeInstanceOf(AggregateError)
    expect(error.errors.map(({ message }) => message)).toEqual(['1 is odd', '3 is odd', '5 is odd'])
  })

  test('goes on when the body throws what a child that it awaits has failed with', async () => {
    const held = new Words()
    const output = makePool().scope(
      async ({ fork }) => {
        void fork('block', held)
        const others = [fork('throwIfOdd', 1), fork('throwIfOdd', 3)]
        const both = Promise.any(others)
        const nested = Promise.any([both, both, fork('throwIfOdd', 5)])
        await nested.finally(() => held.release())
      },
      { policy: 'any' },
    )
    expect(await output).toBe('released')
    const all = makePool().scope(
      ({ fork }) => Promise.all([fork('throwIfOdd', 1), fork('throwIfOdd', 3)]),
      { policy: 'any' },
    )
    expect(await failure(all)).toMatchObject({
      errors: [{ name: 'RangeError' }, { message: '3 is odd' }],
    })
  })

  test('takes a child whose options throw for one that has failed', async () => {
    const options = {
      get signal(): AbortSignal {
        throw new RangeError('a getter')
      },
    }
    const call = makePool().scope(
      ({ fork }) => {
        void fork('double', 1, options)
        void fork('throwIfOdd', 1)
      },
      { policy: 'any' },
    )
    expect(await failure(call)).toMatchObject({
      errors: [{ message: 'a getter' }, { message: '1 is odd' }],
    })
  })

  test('rejects with the reason also when it is aborted behind its first output', async () => {
    const controller = new AbortController()
    const held = new Words()
    const call = makePool().scope(
      async ({ fork }) => {
        void fork('block', held)
        await held.started()
        await fork('double', 4)
        controller.abort('too late')
        held.release()
      },
      { policy: 'any', signal: controller.signal },
    )
    await expect(call).rejects.toBe('too late')
  })

  test.each([
    ['an error', () => new TypeError('of the body')],
    ['an AggregateError of nobody', () => new AggregateError([])],
    ['one of itself', () => withErrors((error) => [error])],
    ['one of no list', () => withErrors(() => 'none')],
  ])('ends when the body fails by itself (%s)', async (_, make) => {
    const held = new Words()
    const own = make()
    const call = makePool().scope(
      async ({ fork }) => {
        void fork('spin', held)
        await held.started()
        throw own
      },
      { policy: 'any' },
    )
    expect(await failure(call)).toBe(own)
    expect(held.ends).toBe(1)
  })
})

describe("policy 'settled'", OPTIONS, () => {
  test("gives the body's value once all have ended, whoever fails", async () => {
    const held = new Words()
    const value = await makePool().scope(
      ({ fork }) => {
        void fork('throwIfOdd', 1)
        void fork('countStart', held)
        return 'value'
      },
      { policy: 'settled' },
    )
    expect(value).toBe('value')
    expect(held.starts).toBe(1)
  })
})

describe('a child of a scope', OPTIONS, () => {
  test('with a signal of another implementation is cancelled with the others, and by that', async () => {
    for (const who of ['body', 'signal']) {
      const held = new Words()
      const own = new OtherSignal()
      const call = makePool({ grace: 60_000 }).scope(async ({ fork }) => {
        void fork('spin', held, { signal: own as unknown as AbortSignal })
        await held.started()
        if (who === 'body') throw new RangeError('enough')
        own.abort(new RangeError('enough'))
      })
      expect(await failure(call)).toMatchObject({ message: 'enough' })
      expect(held.ends).toBe(1)
    }
  })

  test('takes no signal that is none', async () => {
    const options = { signal: new EventTarget() as AbortSignal }
    const call = makePool().scope(({ fork }) => fork('double', 1, options))
    expect(await failure(call)).toMatchObject({ code: 'ERR_THREEPLY_INVALID_OPTION' })
  })

  test.each([null, 5])('takes no options that are %j', async (options) => {
    const call = makePool().scope(({ fork }) => fork('double', 1, options as never))
    expect(await failure(call)).toMatchObject({ code: 'ERR_THREEPLY_INVALID_OPTION' })
  })
})

function withErrors(errorsOf: (error: AggregateError) => unknown): AggregateError {
  const error = new AggregateError([])
  return Object.assign(error, { errors: errorsOf(error) })
}

class OtherSignal extends EventTarget {
  aborted = false
  reason: unknown = undefined

  abort(reason: unknown): void {
    this.aborted = true
    this.reason = reason
    this.dispatchEvent(new Event('abort'))
  }

  throwIfAborted(): void {
    if (this.aborted) throw this.reason
  }
}

describe('cancelling a scope', OPTIONS, () => {
  test('by its own function ends the children and throws the reason', async () => {
    const held = new Words()
    const reason = new RangeError('enough')
    const error = await failure(
      makePool().scope(async ({ fork, cancel, signal }) => {
        const child = fork('spin', held)
        await held.started()
        cancel(reason)
        expect(signal.reason).toBe(reason)
        expect(await failure(child)).toBe(reason)
        expect(await failure(fork('double', 1))).toBe(reason)
      }),
    )
    expect(error).toBe(reason)
    expect(held.ends).toBe(1)
  })

  test.each(['all', 'any', 'settled'] as const)('by a signal, under %s', async (policy) => {
    const held = new Words()
    const controller = new AbortController()
    const { signal } = controller
    const scope = makePool().scope(
      async ({ fork }) => {
        void fork('spin', held)
      },
      { policy, signal } as { policy: 'all'; signal: AbortSignal },
    )
    const failed = failure(scope)
    await held.started()
    controller.abort(new RangeError('enough'))
    expect(await failed).toBe(signal.reason)
    expect(held.ends).toBe(1)
  })

  test('by its timeout, which counts from its start', async () => {
    const held = new Words()
    const error = await failure(
      makePool().scope(({ fork }) => void fork('spin', held), { timeout: 200 }),
    )
    expect(error).toBeInstanceOf(TaskTimeoutError)
    expect(error.timeout).toBe(200)
  })

  test('with a signal that is aborted already: the body never runs', async () => {
    let ran = false
    const signal = AbortSignal.abort(new RangeError('too late'))
    const scope = makePool().scope(
      () => {
        ran = true
      },
      { signal },
    )
    expect(await failure(scope)).toBe(signal.reason)
    expect(ran).toBe(false)
  })

  test("leaves a child's own signal to it", async () => {
    const held = new Words()
    const controller = new AbortController()
    const value = await makePool().scope(
      async ({ fork }) => {
        const child = failure(fork('spin', held, { signal: controller.signal }))
        await held.started()
        controller.abort(new RangeError('mine'))
        return child
      },
      { policy: 'settled' },
    )
    expect(value).toBe(controller.signal.reason)
  })
})

describe('the end of a scope', OPTIONS, () => {
  test('a fork after it rejects with a ClosedError', async () => {
    const pool = makePool()
    const { fork, map } = await pool.scope((scope) => scope)
    expect(await failure(fork('double', 1))).toBeInstanceOf(ClosedError)
    expect(await failure(map('double', [1]))).toBeInstanceOf(ClosedError)
  })

  test('close waits for an open scope, which may go on forking', async () => {
    const pool = makePool()
    let closed: Promise<void> | undefined
    const value = await pool.scope(async ({ fork }) => {
      closed = pool.close()
      return [await fork('double', 1), await fork('double', 2)]
    })
    expect(value).toEqual([2, 4])
    await closed
    expect(await failure(pool.scope(() => 1))).toBeInstanceOf(ClosedError)
  })

  test('destroy rejects it, though its body never ends', async () => {
    const pool = makePool()
    const scope = failure(pool.scope(() => new Promise(() => {})))
    await pool.destroy()
    expect(await scope).toBeInstanceOf(ClosedError)
  })

  test('bad options reject', async () => {
    const pool = makePool()
    const bad = [
      pool.scope(undefined as unknown as () => void),
      pool.scope(() => 1, { policy: 'some' as 'all' }),
      pool.scope(() => 1, { timeout: -1 }),
      pool.scope(() => 1, { signal: 'no' as unknown as AbortSignal }),
    ]
    for (const scope of bad) {
      expect(await failure(scope)).toMatchObject({ code: 'ERR_THREEPLY_INVALID_OPTION' })
    }
  })
})
