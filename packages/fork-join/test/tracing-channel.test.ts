/** Calls are told on the tracing channel `threeply:task`, while anybody listens. */
import { tracingChannel } from 'node:diagnostics_channel'
import { expect, onTestFinished, test } from 'vitest'
import { failure, makePool } from './pools.ts'

const OPTIONS = { timeout: 60_000 }

test('a subscriber sees each call begin and end, and what it gave', OPTIONS, async () => {
  const events: [event: string, message: object][] = []
  const note = (event: string) => (message: object) => void events.push([event, { ...message }])
  const subscribers = {
    start: note('start'),
    end: note('end'),
    asyncStart: note('asyncStart'),
    asyncEnd: note('asyncEnd'),
    error: note('error'),
  }
  const channel = tracingChannel('threeply:task')
  const pool = makePool()
  await pool.run('double', 0)
  channel.subscribe(subscribers)
  onTestFinished(() => void channel.unsubscribe(subscribers))
  expect(await pool.run('double', 2)).toBe(4)
  const description = { runner: 'fork-join', method: 'run', name: 'double' }
  expect(events).toEqual([
    ['start', description],
    ['end', description],
    ['asyncStart', { ...description, result: 4 }],
    ['asyncEnd', { ...description, result: 4 }],
  ])
  events.length = 0
  const error = await failure(pool.run('throwIfOdd', 1))
  expect(events.map(([event]) => event)).toEqual([
    'start',
    'end',
    'error',
    'asyncStart',
    'asyncEnd',
  ])
  expect(events[2]![1]).toMatchObject({ name: 'throwIfOdd', error })
  events.length = 0
  await pool.map('double', [1, 2, 3])
  await pool.mapSettled('double', [1])
  await pool.broadcast('double', 1)
  await pool.reduce('concat', ['a', 'b'])
  await pool.scope(({ fork }) => fork('double', 1))
  const starts = events.filter(([event]) => event === 'start')
  expect(starts.map(([, message]) => (message as { method: string }).method)).toEqual([
    'map',
    'mapSettled',
    'broadcast',
    'reduce',
    'run',
  ])
  channel.unsubscribe(subscribers)
  events.length = 0
  await pool.run('double', 1)
  expect(events).toEqual([])
})
