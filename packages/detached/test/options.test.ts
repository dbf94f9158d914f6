import { InvalidOptionError } from '@threeply/task'
import { expect, test } from 'vitest'
import { DetachedRunner, type DetachedRunnerOptions, type SpawnOptions } from '../src/index.ts'
import { makeRunner, TASKS } from './fixtures/runner.ts'

test.each<[option: string, options: unknown]>([
  ['nonsense', { nonsense: 1 }],
  ['orphans', { orphans: 'kill' }],
  ['spares', { spares: -1 }],
  ['spares', { spares: 1.5 }],
  ['spares', { spares: Number.POSITIVE_INFINITY }],
  ['grace', { grace: -1 }],
  ['grace', { grace: '5' }],
  ['grace', { grace: null }],
  ['resourceLimits', { resourceLimits: 64 }],
  ['resourceLimits.stackSizeMb', { resourceLimits: { stackSizeMb: 0 } }],
  ['maxHeap', { resourceLimits: { maxHeap: 64 } }],
  ['metrics', { metrics: {} }],
  ['options', null],
  ['options', 5],
])('the constructor refuses %s of %o', (option, options) => {
  const error = thrownBy(() => new DetachedRunner(TASKS, options as DetachedRunnerOptions))
  expect(error).toBeInstanceOf(InvalidOptionError)
  expect(error).toMatchObject({ code: 'ERR_THREEPLY_INVALID_OPTION', option })
})

test.each([undefined, null, 42, './tasks.ts', {}])(
  'the constructor refuses module %s',
  (module) => {
    const error = thrownBy(() => new DetachedRunner(module as unknown as URL))
    expect(error).toBeInstanceOf(InvalidOptionError)
    expect(error).toMatchObject({ option: 'module' })
  },
)

test.each<[option: string, options: unknown]>([
  ['name', { name: 7 }],
  ['signal', { signal: {} }],
  ['signal', { signal: null }],
  ['transfer', { transfer: new ArrayBuffer(1) }],
  ['resourceLimits', { resourceLimits: null }],
  ['resourceLimits.stackSizeMb', { resourceLimits: { stackSizeMb: '4' } }],
  ['ref', { ref: 0 }],
  ['options', null],
  ['options', 'fast'],
])('spawn throws on %s of %o', (option, options) => {
  const error = thrownBy(() => makeRunner().spawn('add', [1, 2], options as SpawnOptions))
  expect(error).toBeInstanceOf(InvalidOptionError)
  expect(error).toMatchObject({ option })
})

test.each([undefined, null, 7])('spawn throws on task %s', (name) => {
  const error = thrownBy(() => makeRunner().spawn(name as unknown as 'fail'))
  expect(error).toBeInstanceOf(InvalidOptionError)
})

test('spawn ignores names that it does not know, and options that are undefined', async () => {
  const options = { nonsense: 1, name: undefined, signal: undefined, ref: undefined }
  expect(
    await makeRunner()
      .spawn('add', [1, 2], options as SpawnOptions)
      .join(),
  ).toBe(3)
})

function thrownBy(body: () => unknown): unknown {
  try {
    body()
  } catch (thrown) {
    return thrown
  }
  throw new Error('should have thrown, and did not')
}
