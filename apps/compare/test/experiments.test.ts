/** Each of claims 4 to 9 measured for real, in short: what comes out is whole, and can be judged. */
import os from 'node:os'
import { expect, test } from 'vitest'
import { claims } from '../src/claims/index.ts'
import { createBench } from '../src/measure/experiment-bench.ts'
import { describeMachine } from '../src/measure/machine.ts'

const measured = claims.filter(({ id }) => id >= 4)

/** Quick, and fewer rounds than that. */
const options = { quick: true, threads: Math.min(os.availableParallelism(), 4), rounds: 3, seed: 1 }

const benchWith = (signal: AbortSignal) =>
  createBench({
    machine: describeMachine(),
    options,
    signal,
    onProgress: () => {},
    onSpread: () => {},
  })

test.each(measured)(
  'claim $id, $slug, is measured and judged',
  async (claim) => {
    const experiment = await claim.load()
    const data = await experiment.measure(benchWith(new AbortController().signal))
    expect(JSON.parse(JSON.stringify(data)), 'the data are plain JSON').toEqual(data)
    const { verdict, condition, evidence, meaning } = experiment.judge(data)
    expect(['holds', 'holds-with-condition', 'does-not-hold', 'cannot-tell']).toContain(verdict)
    expect(condition !== undefined).toBe(
      verdict === 'holds-with-condition' || verdict === 'cannot-tell',
    )
    expect(evidence.length).toBeGreaterThanOrEqual(2)
    expect(evidence.length).toBeLessThanOrEqual(4)
    for (const { value } of evidence) expect(value).toSatisfy(Number.isFinite)
    expect(meaning).not.toMatch(/NaN|undefined|Infinity/)
    expect(experiment.judge(data), 'the same data give the same judgement').toEqual(
      experiment.judge(data),
    )
  },
  180_000,
)

test.each(measured)(
  'claim $id, $slug, ends when it is aborted, with the reason',
  async (claim) => {
    const experiment = await claim.load()
    const controller = new AbortController()
    const reason = new Error('enough')
    const bench = benchWith(controller.signal)
    const measuring = experiment.measure({
      ...bench,
      // In the midst of it: when the second comparison, or step, is announced.
      progress: () => setImmediate(() => controller.abort(reason)),
    })
    await expect(measuring).rejects.toBe(reason)
  },
  60_000,
)
