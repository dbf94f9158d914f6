/** Which of the things to be moved are in which input. */
import { types } from 'node:util'
import type { Transferable } from './call-options.ts'

/** What of `wanted` is in `value`, at any depth. Cost: a walk through all of it. */
export function transferablesIn(
  value: unknown,
  wanted: ReadonlySet<Transferable>,
): readonly Transferable[] {
  const found: Transferable[] = []
  const seen = new Set<object>()
  const waiting: unknown[] = [value]
  while (waiting.length > 0) {
    const part = waiting.pop()
    if (typeof part !== 'object' || part === null || seen.has(part)) continue
    seen.add(part)
    if (types.isProxy(part)) continue // `postMessage` will refuse it; asked anything, it may throw
    if (wanted.has(part as Transferable)) found.push(part as Transferable)
    else if (ArrayBuffer.isView(part)) waiting.push(read(part, 'buffer'))
    else if (types.isMap(part)) forEachEntry.call(part, (each, key) => waiting.push(key, each))
    else if (types.isSet(part)) forEachMember.call(part, (each) => waiting.push(each))
    else for (const key of Object.keys(part)) waiting.push(read(part, key))
  }
  return found
}

// As `postMessage` reads them, whatever methods they have themselves.
const { forEach: forEachEntry } = Map.prototype
const { forEach: forEachMember } = Set.prototype

function read(value: object, key: string): unknown {
  try {
    return Reflect.get(value, key)
  } catch {
    return undefined // a getter threw, which `postMessage` will meet and report
  }
}
