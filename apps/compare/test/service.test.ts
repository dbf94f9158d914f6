import { fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createTaskContext } from '@threeply/task'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { startServer } from '../src/service/server-process.ts'
import { startItemService } from '../src/service/service.ts'
import { serviceTime } from '../src/service/service-time.ts'
import { fetchItem } from '../src/workloads/io-tasks.ts'

const settings = { seed: 7, median: 2, sigma: 0.5 }
const never = new AbortController().signal

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'threeply-test-'))
  vi.stubEnv('TMPDIR', folder)
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true, force: true })
})

test('the service answers an item with its text and tells the service time drawn', async () => {
  await using service = await startItemService(settings, never)
  const response = await fetch(`${service.url}/item/3`)
  expect(response.status).toBe(200)
  expect(Number(response.headers.get('x-service-time'))).toBe(serviceTime(3, settings))
  const item = (await response.json()) as { id: number; text: string }
  expect(item.id).toBe(3)
  expect(item.text.length).toBeGreaterThan(100)
}, 30_000)

test('the service tells in which order it has finished', async () => {
  await using service = await startItemService(settings, never)
  const context = createTaskContext()
  const answers = await Promise.all(
    Array.from({ length: 8 }, (_, id) => fetchItem(`${service.url}/item/${id}`, context)),
  )
  expect(answers.map(({ finished }) => finished).sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
}, 30_000)

test('an item that is not there is a 404', async () => {
  await using service = await startItemService(settings, never)
  const context = createTaskContext()
  expect((await fetchItem(`${service.url}/item/1000`, context)).status).toBe(404)
  expect((await fetchItem(`${service.url}/`, context)).status).toBe(404)
}, 30_000)

test('closing ends the process and removes its database', async () => {
  const service = await startItemService(settings, never)
  expect(readdirSync(folder)).toHaveLength(1)
  await service.close()
  expect(isRunning(service.pid)).toBe(false)
  expect(readdirSync(folder)).toEqual([])
  await service.close() // once more does nothing
}, 30_000)

test('aborting ends the process and removes its database', async () => {
  const controller = new AbortController()
  const service = await startItemService(settings, controller.signal)
  controller.abort()
  await vi.waitFor(() => {
    expect(isRunning(service.pid)).toBe(false)
    expect(readdirSync(folder)).toEqual([])
  }, 10_000)
}, 30_000)

test('the service ends, and removes its database, when its parent is killed', async () => {
  const parent = fork(fileURLToPath(new URL('./fixtures/service-parent.ts', import.meta.url)), [
    JSON.stringify(settings),
  ])
  const [{ pid }] = (await once(parent, 'message')) as [{ pid: number }]
  expect(isRunning(pid)).toBe(true)
  expect(readdirSync(folder)).toHaveLength(1)
  parent.kill('SIGKILL')
  await vi.waitFor(() => {
    expect(isRunning(pid)).toBe(false)
    expect(readdirSync(folder)).toEqual([])
  }, 10_000)
}, 30_000)

test('a server that cannot start says how it ended', async () => {
  const nowhere = new URL('./fixtures/no-such-server.ts', import.meta.url)
  await expect(startServer(nowhere, {}, never)).rejects.toThrow('ended with code 1')
}, 30_000)

test('a start that is aborted rejects with the reason and leaves no process', async () => {
  const controller = new AbortController()
  const starting = startItemService(settings, controller.signal)
  const reason = new Error('enough')
  controller.abort(reason)
  await expect(starting).rejects.toBe(reason)
  await wait(0)
  expect(existsSync(folder) ? readdirSync(folder) : []).toEqual([])
}, 30_000)

test('service times are log-normal around their median and follow from the seed', () => {
  const times = { seed: 1, median: 40, sigma: 0.6 }
  const drawn = Array.from({ length: 4_000 }, (_, id) => serviceTime(id, times))
  const logarithms = drawn.map((time) => Math.log(time / times.median))
  const mean = logarithms.reduce((a, b) => a + b) / drawn.length
  const spread = Math.sqrt(logarithms.reduce((a, b) => a + (b - mean) ** 2, 0) / drawn.length)
  expect(mean).toBeCloseTo(0, 1)
  expect(spread).toBeCloseTo(times.sigma, 1)
  expect(serviceTime(17, times)).toBe(serviceTime(17, times))
  expect(drawn).not.toEqual(drawn.map((_, id) => serviceTime(id, { ...times, seed: 2 })))
})

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false // the question was whether it is there
  }
}
