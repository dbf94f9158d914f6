/** A call of many inputs by itself, where what comes between two messages decides. */
import { expect, test } from 'vitest'
import { AcceptedWork } from '../src/accepted-work.ts'
import { AliasGuard } from '../src/alias-guard.ts'
import { defaultSettings } from '../src/call-options.ts'
import type { Dispatcher } from '../src/dispatcher.ts'
import { InputSource } from '../src/input-source.ts'
import { MapCall } from '../src/map-call.ts'
import { PoolMetrics } from '../src/pool-metrics.ts'
import { StreamOutputs } from '../src/stream-outputs.ts'

test('gives all outputs of a message though its inputs turn out to have ended meanwhile', async () => {
  const { call, outputs, makeRoom } = streamOf([1, 2, 3], 3)
  const taken = [1, 2, 3, 4].map(() => outputs.next())
  call.takeRange(3, 0, new AliasGuard())
  expect(call.mayHaveMore).toBe(false) // there is no room for more
  makeRoom() // as inputs are found to cost less
  call.fulfilRange(0, [2, 4, 6], 0, 3)
  const results = await Promise.all(taken)
  expect(results.map(({ value }) => value)).toEqual([2, 4, 6, undefined])
  expect(results[3]).toEqual({ done: true, value: undefined })
})

test('keeps the process alive for inputs that came back from a thread', () => {
  const { call, outputs, work } = streamOf([1, 2, 3, 4], 2)
  void outputs.next()
  const [first, second] = call.takeRange(2, 0, new AliasGuard())!.tasks
  expect(call.mayHaveMore).toBe(false)
  call.takeBack(second as never)
  call.takeBack(first as never)
  expect(work.stalls).toBe(0)
})

class CountedWork extends AcceptedWork {
  stalls = 0

  override stalled(): void {
    this.stalls += 1
  }
}

/** A stream whose dispatcher takes its next input as soon as there is one, as an idle thread would. */
function streamOf(values: readonly number[], room: number) {
  let most = room
  const outputs = new StreamOutputs(
    { order: 'completion', indexed: false, readAhead: 0 },
    () => most,
  )
  const work = new CountedWork()
  const dispatcher = {
    work,
    metrics: new PoolMetrics(undefined),
    isFeeding: false,
    submit: (submitted: MapCall) => submitted.peek(),
    settled() {},
  } as unknown as Dispatcher
  const source = InputSource.of('stream', values.values(), {
    onInput() {},
    mostHeld: () => 0,
  })
  const call = new MapCall(dispatcher, {
    name: 'double',
    settings: defaultSettings(500),
    source,
    outputs,
    onSettled() {},
  })
  outputs.feedFrom({
    start() {},
    roomMade: () => call.onRoom(),
    awaited() {},
    stop: (reason) => call.leave(reason),
  })
  const makeRoom = () => {
    most = 10 * room
  }
  return { call, outputs, work, makeRoom }
}
