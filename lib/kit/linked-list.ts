/** What an item of a list keeps for it: its neighbours, and the list that it is in. All undefined in an item of none. */
export interface Linked<Item extends Linked<Item>> {
  previous: Item | undefined
  next: Item | undefined
  list: LinkedList<Item> | undefined
}

/**
 * A list for items that come and go with every request, which are linked to each other and in one list at a time. A Set grows
 * into new tables as they come, and a dead table that has grown old keeps alive for long what it named when it died: requests
 * with all that hangs on them.
 */
export class LinkedList<Item extends Linked<Item>> {
  first: Item | undefined
  last: Item | undefined
  size = 0

  /** `item` is in no list. */
  append(item: Item): void {
    item.list = this
    item.previous = this.last
    if (this.last === undefined) this.first = item
    else this.last.next = item
    this.last = item
    this.size++
  }

  /** Nothing if `item` is not in this list. */
  remove(item: Item): void {
    if (item.list !== this) return
    const { previous, next } = item
    if (previous === undefined) this.first = next
    else previous.next = next
    if (next === undefined) this.last = previous
    else next.previous = previous
    item.list = item.previous = item.next = undefined
    this.size--
  }

  /** From the first on; `work` may remove the item that it is given. */
  each(work: (item: Item) => void): void {
    for (let item = this.first; item !== undefined;) {
      const { next } = item
      work(item)
      item = next
    }
  }
}
