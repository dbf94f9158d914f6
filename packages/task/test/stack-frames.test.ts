/** What of a stack arrives elsewhere. */
import { expect, test } from 'vitest'
import { decodeError, encodeError } from '../src/index.ts'
import { hideFramesOf } from '../src/runner.ts'

test('frames below the task are left out: of its runner, and of Node', () => {
  hideFramesOf('file:///app/node_modules/a%20runner/dist/')
  const task = ['    at inner (/app/tasks.js:1:1)', '    at async task (file:///app/tasks.js:2:2)']
  const above = '    at Fork.fail (/app/node_modules/a runner/dist/thread.js:9:9)'
  const below = [
    '    at #run (file:///app/node_modules/a%20runner/dist/thread.js:3:3)',
    '    at Runner.run (/app/node_modules/a runner/dist/thread.js:4:4)',
    '    at node:internal/timers:5:5',
    '    at MessagePort.<anonymous> (node:internal/per_context/messageport:23:28)',
  ]
  expect(arriving('Error: of', 'two lines', ...task, ...below)).toEqual([
    'Error: of',
    'two lines',
    ...task,
  ])
  expect(arriving('Error', above, ...task, ...below)).toEqual(['Error', above, ...task])
  expect(arriving('Error: no frame of a task', ...below)).toEqual([
    'Error: no frame of a task',
    ...below,
  ])
  expect(arriving('Error: no frame')).toEqual(['Error: no frame'])
})

function arriving(...stack: readonly string[]): string[] {
  const error = new Error('sent')
  error.stack = stack.join('\n')
  return decodeError(encodeError(error)).stack!.split('\n')
}
