/** Bad options, bad arguments and unknown names are refused at the door. */
import { InvalidOptionError, TaskNotFoundError } from '@threeply/task'
import { describe, expect, test } from 'vitest'
import { failure } from '../rejection.ts'
import type { CallOptions, Inputs, RunnerOptions, Subject } from '../subject.ts'

export function badInputPromise({ make, shared, can }: Subject): void {
  describe('bad input', () => {
    test('an option that the runner does not have throws at once, and is named', () => {
      const options = { nonsense: true } as Partial<RunnerOptions>
      const error = thrownBy(() => make(options))
      expect(error).toBeInstanceOf(InvalidOptionError)
      expect(error).toMatchObject({ code: 'ERR_THREEPLY_INVALID_OPTION', option: 'nonsense' })
    })

    test.runIf(can.bounded).each([0, -1, 1.5, Number.NaN, '2', null])(
      'a limit of %s throws at once',
      (concurrency) => {
        const error = thrownBy(() => make({ concurrency: concurrency as number }))
        expect(error).toBeInstanceOf(InvalidOptionError)
      },
    )

    test.runIf(can.queueLimit).each([-1, 1.5, Number.NaN, '2'])(
      'a queueLimit of %s throws at once',
      (queueLimit) => {
        const error = thrownBy(() => make({ queueLimit: queueLimit as number }))
        expect(error).toMatchObject({ option: 'queueLimit' })
        expect(error).toBeInstanceOf(InvalidOptionError)
      },
    )

    test.runIf(can.crossesThreads).each([-1, Number.NaN, '20', null])(
      'a grace of %s throws at once',
      (grace) => {
        const error = thrownBy(() => make({ grace: grace as number }))
        expect(error).toMatchObject({ option: 'grace' })
        expect(error).toBeInstanceOf(InvalidOptionError)
      },
    )

    test.runIf(can.crossesThreads).each([undefined, 42, './tasks.js', {}])(
      'a task module that is %s throws at once',
      (module) => {
        // `undefined` would stand for the module of the contract.
        const error = thrownBy(() => make({}, module ?? null))
        expect(error).toBeInstanceOf(InvalidOptionError)
      },
    )

    const badCalls: [what: string, option: string, options: unknown][] = [
      ['a signal that is none', 'signal', { signal: {} }],
      ...(can.timeout
        ? ([
            ['a negative timeout', 'timeout', { timeout: -1 }],
            ['a timeout that is NaN', 'timeout', { timeout: Number.NaN }],
            ['a timeout that is a string', 'timeout', { timeout: '10' }],
          ] as [string, string, unknown][])
        : []),
      ...(can.crossesThreads
        ? ([['a transfer list that is none', 'transfer', { transfer: 5 }]] as [
            string,
            string,
            unknown,
          ][])
        : []),
      ...(can.priority
        ? ([['a priority that is a string', 'priority', { priority: 'high' }]] as [
            string,
            string,
            unknown,
          ][])
        : []),
    ]

    test.each(badCalls)('%s rejects and does not throw', async (_what, option, options) => {
      const runner = shared()
      const error = await failure(
        withoutThrowing(() => runner.run('echo', 1, options as CallOptions)),
      )
      expect(error).toBeInstanceOf(InvalidOptionError)
      expect(error.option).toBe(option)
      expect(await runner.run('echo', 'unharmed')).toBe('unharmed')
    })

    test.runIf(can.map).each(badCalls)('so does map: %s', async (_what, option, options) => {
      const runner = shared()
      const error = await failure(
        withoutThrowing(() => runner.map!('echo', [1], options as CallOptions)),
      )
      expect(error).toBeInstanceOf(InvalidOptionError)
      expect(error.option).toBe(option)
    })

    test
      .runIf(can.stream)
      .each([
        ...badCalls,
        ['an order that is none', 'order', { order: 'random' }],
        ['a negative readAhead', 'readAhead', { readAhead: -1 }],
      ] as typeof badCalls)('so does stream: %s', async (_what, option, options) => {
      const runner = shared()
      const read = async () => {
        for await (const _output of runner.stream!('echo', [1], options as CallOptions));
      }
      const error = await failure(read())
      expect(error).toBeInstanceOf(InvalidOptionError)
      expect(error.option).toBe(option)
    })

    test.runIf(can.map).each([undefined, null, 42, {}])(
      'map over %s rejects and does not throw',
      async (inputs) => {
        const runner = shared()
        const error = await failure(
          withoutThrowing(() => runner.map!('echo', inputs as unknown as Inputs)),
        )
        expect(error).toBeInstanceOf(InvalidOptionError)
      },
    )

    test('a name that a call does not know is ignored', async () => {
      const options = { nonsense: true, workerId: 7 } as CallOptions
      expect(await shared().run('echo', 'fine', options)).toBe('fine')
    })

    test('an option that is undefined is one that was left out', async () => {
      const options = {
        signal: undefined,
        timeout: undefined,
        priority: undefined,
        transfer: undefined,
      }
      expect(await shared().run('echo', 'fine', options as unknown as CallOptions)).toBe('fine')
      expect(await shared().run('echo', 'fine', undefined)).toBe('fine')
    })

    describe.runIf(can.crossesThreads)('task names', () => {
      test.each([
        'nope',
        'notATask',
        'setup',
        'teardown',
        'constructor',
        'toString',
        'hasOwnProperty',
        '__proto__',
        'default',
        '',
      ])("'%s' is no task, and the error lists those that are", async (name) => {
        const runner = shared()
        const error = await failure(withoutThrowing(() => runner.run(name, 1)))
        expect(error).toBeInstanceOf(TaskNotFoundError)
        expect(error.code).toBe('ERR_THREEPLY_TASK_NOT_FOUND')
        expect(error.message).toContain(`'${name}'`)
        expect(error.message).toContain("'echo'")
        expect(error.message).toContain("'throwUndefined'")
        expect(await runner.run('echo', 'unharmed')).toBe('unharmed')
      })

      test.runIf(can.map)('map refuses an unknown task too', async () => {
        const error = await failure(shared().map!('nope', [1, 2, 3]))
        expect(error).toBeInstanceOf(TaskNotFoundError)
      })
    })
  })
}

function thrownBy(body: () => unknown): unknown {
  try {
    body()
  } catch (thrown) {
    return thrown
  }
  throw new Error('should have thrown, and did not')
}

/** Fails the test when a method throws where it should have returned a promise. */
function withoutThrowing(call: () => Promise<unknown>): Promise<unknown> {
  try {
    return call()
  } catch (thrown) {
    throw new Error('threw where it should have rejected', { cause: thrown })
  }
}
