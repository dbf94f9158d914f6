/** Buffers that were moved to another thread, and are empty here since. */
import { types } from 'node:util'
import { isCloneable } from './cloneable.ts'

/** Nothing else makes an `ArrayBuffer` uncloneable; Node 20 has no `detached`. */
export function hasMoved(value: unknown): boolean {
  return types.isArrayBuffer(value) && value.byteLength === 0 && !isCloneable(value)
}

/**
 * To be asked before `postMessage`, which on Node 20 moves a buffer again, as an empty one.
 * @throws {DOMException} `DataCloneError`: one of them has been moved already
 */
export function checkUnmoved(transfer: readonly unknown[]): void {
  if (transfer.some(hasMoved)) {
    throw new DOMException('An ArrayBuffer has been moved already.', 'DataCloneError')
  }
}
