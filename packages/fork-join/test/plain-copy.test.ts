/** A copy is what structured clone would have made of the value at that moment, or there is none. */
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { PlainCopier } from '../src/on-thread/plain-copy.ts'

/** All objects in a value, buffers of arrays included. */
function objectsIn(value: unknown, found = new Set<object>()): Set<object> {
  if (typeof value !== 'object' || value === null || found.has(value)) return found
  found.add(value)
  if (ArrayBuffer.isView(value)) return objectsIn(value.buffer, found)
  for (const key of Object.keys(value)) objectsIn(Reflect.get(value, key), found)
  return found
}

function expectClone(value: object): void {
  const copy = new PlainCopier().copyOf(value)
  expect(copy).toStrictEqual(structuredClone(value))
  const originals = objectsIn(value)
  expect([...objectsIn(copy)].filter((object) => originals.has(object))).toEqual([])
}

function expectNoCopy(value: object): void {
  expect(new PlainCopier().copyOf(value)).toBeUndefined()
}

test('of any value there is no copy, or one like its structured clone that shares nothing with it', () => {
  const values = fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withNullPrototype: true,
    withObjectString: true,
    withSet: true,
    withSparseArray: true,
    withTypedArray: true,
    withBoxedValues: true,
    maxDepth: 3,
  })
  let copies = 0
  fc.assert(
    fc.property(
      values.filter((value) => typeof value === 'object' && value !== null),
      (value) => {
        const copy = new PlainCopier().copyOf(value as object)
        if (copy === undefined) return
        copies += 1
        expect(isDeepStrictEqual(copy, structuredClone(value))).toBe(true)
        const originals = objectsIn(value)
        for (const object of objectsIn(copy)) expect(originals.has(object)).toBe(false)
      },
    ),
    { numRuns: 2_000 },
  )
  expect(copies).toBeGreaterThan(200) // else this has tested nothing
})

describe('copied are', () => {
  test.each<[string, object]>([
    ['plain objects', { a: 1, b: 'two', c: undefined, d: null, e: 5n }],
    ['arrays', [1, [2, [3]], { four: 4 }]],
    ['dates', { at: new Date(7), never: new Date(Number.NaN) }],
    ['typed arrays', { words: new Uint16Array([1, 2]), numbers: new Float64Array([0.5]) }],
    ['values of getters', Object.defineProperty({}, 'n', { get: () => 3, enumerable: true })],
    ['objects without what is not enumerable', Object.defineProperty({ a: 1 }, 'hidden', {})],
  ])('%s', (_what, value) => {
    expectClone(value)
  })

  test('a buffer of bytes, as what it is a kind of', () => {
    const copy = new PlainCopier().copyOf(Buffer.from(new Uint8Array([1, 2, 3]).buffer))
    expect(copy).toStrictEqual(new Uint8Array([1, 2, 3]))
  })
})

test('what a value calls its own does not change what it is a copy of', () => {
  class Later extends Date {
    override getTime(): number {
      return 0
    }
  }
  const words = Object.defineProperty(new Int16Array([300]), Symbol.toStringTag, {
    value: 'Uint8Array',
  })
  const list = Object.defineProperty([1, 2], Symbol.iterator, {
    value: () => [7][Symbol.iterator](),
  })
  expect(new PlainCopier().copyOf({ at: new Later(5), words, list })).toStrictEqual({
    at: new Date(5),
    words: new Int16Array([300]),
    list: [1, 2],
  })
})

describe('not copied are', () => {
  const twice = { n: 1 }
  const circle: Record<string, unknown> = {}
  circle.self = circle
  test.each<[string, object]>([
    ['arguments', argumentsOf(1, 2)],
    ['two views of one buffer', twoViews()],
    ['instances of classes', new (class Point {})()],
    ['maps', new Map()],
    ['errors', new Error('one')],
    ['proxies', new Proxy({}, {})],
    ['proxies of arrays', new Proxy([], {})],
    ['objects that hold one twice', [twice, twice]],
    ['circles', circle],
    ['arrays with holes', Object.assign([1, 2, 3], { length: 5 })],
    // biome-ignore lint/suspicious/noSparseArray: it is what is tested
    ['arrays with as many other properties as holes', Object.assign([1, , 2], { extra: 'e' })],
    ['matches, which have properties beside their elements', /a/.exec('a')!],
    ['parts of buffers', new Uint8Array(new ArrayBuffer(8), 4)],
    ['shared memory', new Int32Array(new SharedArrayBuffer(8))],
    [
      'objects whose getter throws',
      {
        get trap() {
          throw new Error('trapped')
        },
      },
    ],
    ['an own property that would be taken for a prototype', JSON.parse('{"__proto__":{"a":1}}')],
    ['long arrays', Array(300).fill(0)],
    ['large typed arrays', new Uint8Array(5_000)],
  ])('%s', (_what, value) => {
    expectNoCopy(value)
    expectNoCopy({ value })
  })
})

test('what cannot be cloned stays in the copy, for postMessage to find', () => {
  const save = () => {}
  expect(new PlainCopier().copyOf({ rows: [{ save }] })).toEqual({ rows: [{ save }] })
})

test('after a large value some are not looked at, and then they are again', () => {
  const copier = new PlainCopier()
  expect(copier.copyOf(Array(300).fill(0))).toBeUndefined()
  const copies = Array.from({ length: 20 }, () => copier.copyOf([1]))
  expect(copies.indexOf(undefined)).toBe(0)
  expect(copies.at(-1)).toEqual([1])
})

function argumentsOf(..._values: number[]): object {
  // biome-ignore lint/complexity/noArguments: it is what is tested
  return arguments
}

function twoViews(): object {
  const bytes = new Uint8Array(8)
  return { bytes, words: new Uint32Array(bytes.buffer) }
}
