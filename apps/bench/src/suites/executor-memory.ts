/** Millions of inputs from a generator: what the heap holds at most, beside what it held before. */
import { peakGrowth } from '../measure/peak-growth.ts'
import type { Role, Subject, Suite } from '../suite.ts'

const LIMIT = 64

/** Runs all inputs, and gives how many outputs it saw. */
type Work = (inputs: Iterable<number>) => Promise<number>

export const suite: Suite = {
  title:
    'inputs from a generator, at most 64 at a time: growth of the heap at its peak, no garbage',
  unit: 'bytes',
  cases: [
    {
      name: 'outputs dropped',
      items: 10_000_000,
      subjects: [
        subject('threeply', 'ours', forEach),
        subject('p-map', 'peer', pMapSkipping),
        subject('async', 'peer', eachLimit),
        subject('effect', 'peer', discarding),
        subject('by hand', 'by hand', loops),
      ],
    },
    {
      name: 'outputs streamed',
      items: 10_000_000,
      subjects: [
        subject('threeply', 'ours', stream),
        subject('p-map iterable', 'peer', pMapIterating),
      ],
    },
  ],
}

function subject(name: string, role: Role, work: Work): Subject {
  return { name, role, measure: (inputs) => peakGrowth(inputs, work) }
}

async function forEach(inputs: Iterable<number>): Promise<number> {
  const { AsyncExecutor } = await import('@threeply/executor')
  let seen = 0
  await new AsyncExecutor({ concurrency: LIMIT }).forEach(inputs, async () => {
    seen += 1
  })
  return seen
}

async function stream(inputs: Iterable<number>): Promise<number> {
  const { AsyncExecutor } = await import('@threeply/executor')
  let seen = 0
  const executor = new AsyncExecutor({ concurrency: LIMIT })
  for await (const _ of executor.stream(inputs, async (input) => input)) seen += 1
  return seen
}

/** Its README: `pMapSkip` leaves an output out. */
async function pMapSkipping(inputs: Iterable<number>): Promise<number> {
  const { default: pMap, pMapSkip } = await import('p-map')
  let seen = 0
  const task = async () => {
    seen += 1
    return pMapSkip
  }
  await pMap(inputs, task, { concurrency: LIMIT })
  return seen
}

async function pMapIterating(inputs: Iterable<number>): Promise<number> {
  const { pMapIterable } = await import('p-map')
  let seen = 0
  const outputs = pMapIterable(inputs, async (input: number) => input, { concurrency: LIMIT })
  for await (const _ of outputs) seen += 1
  return seen
}

async function eachLimit(inputs: Iterable<number>): Promise<number> {
  const { default: async } = await import('async')
  let seen = 0
  const task = async () => {
    seen += 1
  }
  await async.eachLimit(inputs as IterableIterator<number>, LIMIT, task)
  return seen
}

async function discarding(inputs: Iterable<number>): Promise<number> {
  const { Effect } = await import('effect')
  let seen = 0
  const task = () =>
    Effect.promise(async () => {
      seen += 1
    })
  await Effect.runPromise(Effect.forEach(inputs, task, { concurrency: LIMIT, discard: true }))
  return seen
}

async function loops(inputs: Iterable<number>): Promise<number> {
  const iterator = inputs[Symbol.iterator]()
  let seen = 0
  const task = async () => {
    seen += 1
  }
  const loop = async () => {
    while (!iterator.next().done) await task()
  }
  await Promise.all(Array.from({ length: LIMIT }, loop))
  return seen
}
