/** Does whatever can be done to executors, at random, for as long as is wanted, beside a model. */
import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises'
import { AsyncExecutor } from '@threeply/executor'
import { Dice } from './fixtures/dice.ts'
import { ModelledCalls } from './fixtures/modelled-calls.ts'

export interface SoakOptions {
  /** What all chance comes from: the same seed, the same steps. */
  readonly seed: number
  /** No round begins after it, by `performance.now()`. */
  readonly until: number
  /** Called after each round. */
  readonly onRound?: (figures: SoakFigures) => void
}

/** How much has been done: rounds, calls, and how many calls had which outcome. */
export type SoakFigures = Record<string, number>

/** @throws {AssertionError} something was not as the model says; the message names the round's seed */
export async function soak({ seed, until, onRound }: SoakOptions): Promise<SoakFigures> {
  const figures: SoakFigures = { rounds: 0, calls: 0 }
  const seeds = new Dice(seed)
  do {
    const roundSeed = seeds.below(2 ** 31)
    try {
      await round(new Dice(roundSeed), figures)
    } catch (error) {
      throw new Error(`the round with seed ${roundSeed} failed`, { cause: error })
    }
    figures.rounds! += 1
    onRound?.(figures)
  } while (performance.now() < until)
  return figures
}

async function round(dice: Dice, figures: SoakFigures): Promise<void> {
  const timersBefore = activeTimers()
  const settings = {
    concurrency: dice.from(1, 8),
    keyConcurrency: dice.oneOf([1, 2, Number.POSITIVE_INFINITY]),
    queueLimit: dice.oneOf([0, 3, 50, Number.POSITIVE_INFINITY]),
    overflow: dice.oneOf(['reject', 'wait', 'drop-oldest'] as const),
    retryBudget: dice.oneOf([undefined, 0.2]),
  }
  const executor = new AsyncExecutor(settings)
  const calls = new ModelledCalls(executor, settings, dice, figures)
  for (let steps = dice.from(1, 300); steps > 0; steps -= 1) {
    if (dice.chance(0.6)) calls.submit()
    else await disturb(executor, calls, dice)
  }
  executor.resume()
  if (dice.chance(0.5)) await executor.close()
  else await calls.destroy()
  await calls.allSettled()
  await executor.onIdle()
  assert.equal(executor.waiting, 0)
  while (executor.running > 0) await turn() // destroy waits for none
  assert.equal(calls.running, 0)
  for (const signal of calls.signals) {
    assert.equal(getEventListeners(signal, 'abort').length, 0, 'a listener is left')
  }
  assert.ok(activeTimers() <= timersBefore, 'a timer is left')
}

async function disturb(executor: AsyncExecutor, calls: ModelledCalls, dice: Dice): Promise<void> {
  const does = dice.oneOf(['abort', 'resize', 'pause', 'resume', 'clear', 'turn', 'turn', 'wait'])
  if (does === 'abort') calls.abort()
  else if (does === 'resize') calls.resize(dice.from(1, 8))
  else if (does === 'pause') executor.pause()
  else if (does === 'resume') executor.resume()
  else if (does === 'clear') calls.clear()
  else if (does === 'turn') await turn()
  else await pause(dice.below(4))
}

function activeTimers(): number {
  return process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length
}
