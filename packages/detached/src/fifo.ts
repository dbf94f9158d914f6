/** A queue, first in, first out, in constant time however long it gets. */

/** How many taken slots are tolerated before the rest is moved to the front. */
const SLACK = 1_024 // moving costs one copy per this many items at least

export class Fifo<Item> {
  #items: (Item | undefined)[] = []
  #head = 0

  get size(): number {
    return this.#items.length - this.#head
  }

  push(item: Item): void {
    this.#items.push(item)
  }

  shift(): Item | undefined {
    if (this.size === 0) return undefined
    const item = this.#items[this.#head]
    this.#items[this.#head] = undefined // so that it can be collected
    this.#head += 1
    if (this.#head >= SLACK && this.#head * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    }
    return item
  }
}
