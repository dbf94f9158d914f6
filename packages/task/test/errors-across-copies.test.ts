/** Two copies of the package, as ESM beside CommonJS or two versions make, know each other's errors. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import * as here from '../src/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'threeply-copy-'))
let copy: typeof here

beforeAll(async () => {
  cpSync(new URL('../src/', import.meta.url), folder, { recursive: true })
  copy = await import(/* @vite-ignore */ pathToFileURL(join(folder, 'index.ts')).href)
})

afterAll(() => rmSync(folder, { recursive: true }))

test('the copy is another one', () => {
  expect(copy.ClosedError).not.toBe(here.ClosedError)
})

test('instanceof works from copy to copy, both ways', () => {
  const mine = new here.ClosedError('mine')
  const theirs = new copy.ClosedError('theirs')
  expect(theirs instanceof here.ClosedError).toBe(true)
  expect(theirs instanceof here.ThreeplyError).toBe(true)
  expect(mine instanceof copy.ClosedError).toBe(true)
  expect(mine instanceof copy.ThreeplyError).toBe(true)
})

test('and still tells one class from another', () => {
  expect(new copy.ClosedError('theirs') instanceof here.QueueFullError).toBe(false)
  expect(new here.QueueFullError('a', 1) instanceof copy.ClosedError).toBe(false)
})

test('a class that a user derived from one copy is no class of the other', () => {
  class Mine extends here.ClosedError {}
  expect(new copy.ClosedError('theirs') instanceof Mine).toBe(false)
  expect(new Mine('mine') instanceof copy.ClosedError).toBe(true)
})

test('an error encoded by one copy is decoded by the other', () => {
  const timedOut = new copy.TaskTimeoutError('resize', { timeout: 5, queueTime: 1, runTime: 4 })
  const decoded = here.decodeError(structuredClone(copy.encodeError(timedOut)))
  expect(decoded).toBeInstanceOf(here.TaskTimeoutError)
  expect(Object.getPrototypeOf(decoded)).toBe(here.TaskTimeoutError.prototype)
  expect(decoded).toMatchObject({ code: 'ERR_THREEPLY_TIMEOUT', timeout: 5, queueTime: 1 })
})

test('and one that this copy encodes, though its class came from the other', () => {
  const decoded = here.decodeError(
    structuredClone(here.encodeError(new copy.ClosedError('theirs'))),
  )
  expect(Object.getPrototypeOf(decoded)).toBe(here.ClosedError.prototype)
})
