/**
 * The task module that every runner runs under the contract. It imports nothing at run time but
 * Node's own, so that a thread can load it as it is.
 */
import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import type { TaskContext } from '@threeply/task'

/** The words of a `Latch`; here again, since that file needs vitest. */
const STARTED = 0
const RELEASED = 1
const ENDED = 2
const CANCELLED = 3
const RUNNING = 4
const PEAK = 5
/** In `mark`, the words are a log instead: how many marks there are, then the marks. */
const MARKS = 0

/** How long a task that waits in vain goes on, so that a broken runner leaves no thread spinning. */
const BOUND = 60_000

interface Held {
  readonly words: Int32Array
  readonly output?: unknown
}

/** An error class that no runner knows. */
class OrderError extends Error {
  readonly code = 'ERR_ORDER'
  readonly orderId = 7
  readonly details = { rows: [1, 2] }
}

// Reserved, and no tasks.

export function setup(): void {}

export function teardown(): void {}

/** An export that is no function is no task. */
export const notATask = 42

// Give an output.

export function echo(value: unknown): unknown {
  return value
}

export async function echoAfter({ ms, value }: { ms: number; value: unknown }): Promise<unknown> {
  await delay(ms)
  return value
}

/** Writes so many lines to the standard output, and gives their number. */
export function writeLines({ lines, fails }: { lines: number; fails: boolean }): number {
  for (let line = 0; line < lines; line += 1) console.log('written')
  if (fails) throw new OrderError('after it has written')
  return lines
}

export function add([left, right]: readonly [number, number]): number {
  return left + right
}

/** Its output is no promise, and is awaited like one. */
export function giveThenable(value: unknown): PromiseLike<unknown> {
  const promise = Promise.resolve(value)
  // biome-ignore lint/suspicious/noThenProperty: a thenable is what this is
  return { then: (...handlers) => promise.then(...handlers) }
}

const keptArray = [-1]
const keptBytes = new Uint8Array(1)

/** Gives an array that the module keeps, and changes with each call. */
export function giveKeptArray(value: number): readonly number[] {
  keptArray[0] = value
  return keptArray
}

export function giveKeptBytes(value: number): Uint8Array {
  return keptBytes.fill(value)
}

export function byteLength(buffer: ArrayBuffer): number {
  return buffer.byteLength
}

export function makeBuffer(size: number, { transfer }: TaskContext): { bytes: Uint8Array } {
  const bytes = new Uint8Array(size).fill(7)
  return transfer({ bytes }, [bytes.buffer])
}

export function describeContext(
  _input: unknown,
  { signal, cancelled, throwIfCancelled, progress, transfer }: TaskContext,
): unknown {
  throwIfCancelled()
  const functions = [cancelled, throwIfCancelled, progress, transfer]
  return {
    isSignal: signal instanceof AbortSignal,
    aborted: signal.aborted,
    cancelled: cancelled(),
    functions: functions.every((one) => typeof one === 'function'),
  }
}

// Fail.

export function failCustom(): never {
  const cause = new TypeError('no such row', { cause: new RangeError('row 9 of 3') })
  throw new OrderError('order 7 is missing', { cause })
}

export async function failLater(): Promise<never> {
  await delay(1)
  throw new OrderError('order 7 is missing')
}

export function failAggregate(): never {
  throw new AggregateError([new RangeError('first'), new OrderError('second')], 'both failed')
}

export function failSystem(): unknown {
  return readFileSync('/no/such/file')
}

export function failDomException(): never {
  throw new DOMException('the store is gone', 'NotFoundError')
}

export function failAwkward(): never {
  const error = Object.assign(new Error('awkward'), { save: () => {}, count: 3 })
  Object.defineProperty(error, 'trap', {
    enumerable: true,
    get: () => {
      throw new Error('trapped')
    },
  })
  Object.assign(error, { itself: error })
  throw error
}

export function failIf({ fails, value }: { fails: boolean; value: unknown }): unknown {
  if (fails) throw new OrderError(`failed at ${value}`)
  return value
}

/** Fails as soon as another task that shares the words has started. */
export async function failOnceStarted({ words }: Held): Promise<never> {
  await poll(() => Atomics.load(words, STARTED) > 0)
  throw new OrderError('failed while another was running')
}

export function throwInput(value: unknown): never {
  throw value
}

export function throwUndefined(): never {
  throw undefined
}

// Wait.

/** Waits until it is released; ends with `signal.reason` when it is cancelled. */
export async function hold({ words, output }: Held, context: TaskContext): Promise<unknown> {
  enter(words)
  try {
    await poll(() => Atomics.load(words, RELEASED) !== 0 || context.cancelled())
    if (context.cancelled()) Atomics.add(words, CANCELLED, 1)
    context.signal.throwIfAborted()
    context.throwIfCancelled()
    return output
  } finally {
    leave(words)
  }
}

/** Holds, or fails, or gives an output: for a call that has all of them among its inputs. */
export function holdOr(
  input: { does: 'hold' | 'fail' | 'echo' } & Held,
  context: TaskContext,
): Promise<unknown> | unknown {
  if (input.does === 'hold') return hold(input, context)
  if (input.does === 'fail') return failOnceStarted(input)
  return input.output
}

/** Waits for the `abort` event of its signal alone. */
export async function waitForAbort({ words }: Held, { signal }: TaskContext): Promise<never> {
  enter(words)
  const alive = setTimeout(() => {}, BOUND)
  try {
    await new Promise((resolve) => {
      if (signal.aborted) resolve(undefined)
      else signal.addEventListener('abort', resolve, { once: true })
    })
    Atomics.add(words, CANCELLED, 1)
    throw signal.reason
  } finally {
    clearTimeout(alive)
    leave(words)
  }
}

/** Gives its output early when it is cancelled, instead of throwing. */
export async function giveUpQuietly(
  { words, output }: Held,
  context: TaskContext,
): Promise<unknown> {
  enter(words)
  await poll(() => context.cancelled())
  leave(words)
  return output
}

/** Waits until it is released, whoever cancels it. */
export async function ignoreCancellation({ words, output }: Held): Promise<unknown> {
  enter(words)
  await poll(() => Atomics.load(words, RELEASED) !== 0)
  leave(words)
  return output
}

/** Computes without a pause until `cancelled()` says so; no message can arrive meanwhile. */
export function spin({ words }: Held, { cancelled, throwIfCancelled }: TaskContext): never {
  enter(words)
  const bound = performance.now() + BOUND
  try {
    while (!cancelled() && performance.now() < bound);
    if (cancelled()) Atomics.add(words, CANCELLED, 1)
    throwIfCancelled()
    throw new Error('was not cancelled')
  } finally {
    leave(words)
  }
}

/** Blocks its thread, whoever cancels it; only the end of the thread ends it before it is released. */
export function block({ words, output }: Held): unknown {
  enter(words)
  Atomics.wait(words, RELEASED, 0, BOUND)
  leave(words)
  return output
}

/** Writes down that it ran: `words[0]` counts the marks, which follow. */
export function mark({ words, id }: { words: Int32Array; id: number }): number {
  Atomics.store(words, Atomics.add(words, MARKS, 1) + 1, id)
  return id
}

/** Runs for a moment; `PEAK` tells how many did at once. */
export async function meter({ words, output }: Held): Promise<unknown> {
  enter(words)
  await delay(1)
  leave(words)
  return output
}

// Give what cannot be cloned.

export function giveMethod(): unknown {
  return { rows: [{ id: 1 }, { id: 2, save: () => {} }] }
}

export function giveFunction(): unknown {
  return () => {}
}

export function giveThrowingGetter(): unknown {
  return Object.defineProperty({ id: 1 }, 'total', {
    enumerable: true,
    get: () => {
      throw new RangeError('no total yet')
    },
  })
}

// End their thread. Not for a runner that shares its caller's.

export function exitProcess(exitCode: number): never {
  process.exit(exitCode)
}

export async function throwFromTimer(): Promise<never> {
  setTimeout(() => {
    throw new OrderError('thrown from a timer')
  })
  await delay(BOUND)
  throw new Error('its thread survived')
}

export async function rejectUnhandled(): Promise<never> {
  void Promise.reject(new OrderError('rejected and not handled'))
  await delay(BOUND)
  throw new Error('its thread survived')
}

function enter(words: Int32Array): void {
  const running = Atomics.add(words, RUNNING, 1) + 1
  let peak = Atomics.load(words, PEAK)
  while (running > peak) {
    const seen = Atomics.compareExchange(words, PEAK, peak, running)
    if (seen === peak) break
    peak = seen
  }
  Atomics.add(words, STARTED, 1)
  Atomics.notify(words, STARTED)
}

function leave(words: Int32Array): void {
  Atomics.sub(words, RUNNING, 1)
  Atomics.add(words, ENDED, 1)
  Atomics.notify(words, ENDED)
}

async function poll(condition: () => boolean): Promise<void> {
  const bound = performance.now() + BOUND
  while (!condition()) {
    if (performance.now() > bound) throw new Error('waited in vain')
    await delay(1)
  }
}
