/** Which arguments of its process a thread is started with. */
import { expect, test } from 'vitest'
import { threadArguments } from '../src/runner.ts'

test('a thread inherits all, as long as none would break it', () => {
  expect(threadArguments(['--import', './hook.js', '--expose-gc'])).toBeUndefined()
  expect(threadArguments([])).toBeUndefined()
})

test.each([['--input-type=module'], ['--input-type', 'module']])(
  'beside %s only those that say how modules load are handed on',
  (...inputType) => {
    const inherited = [
      ...inputType,
      '--conditions=a',
      '--expose-gc',
      '-C',
      'b',
      '--import=./c.js',
      '--no-warnings',
      '--eval',
      'text',
    ]
    expect(threadArguments(inherited)).toEqual([
      '--conditions=a',
      '-C',
      'b',
      '--import=./c.js',
      '--no-warnings',
    ])
  },
)
