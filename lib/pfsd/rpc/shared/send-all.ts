import type { Outlet } from '../../service'
import { drive } from './drive'

/** Sends a message for each item, waiting only where the outlet says so. Items must not depend on a state that a wait may change. */
export function sendAll<Item, Message>(
  items: Iterable<Item>, message: (item: Item) => Message, out: Outlet<Message>,
): void | Promise<void> {
  const iterator = items[Symbol.iterator]()
  return drive(() => {
    for (let next = iterator.next(); next.done !== true; next = iterator.next()) {
      if (out.cancelled) return undefined
      const wait = out.send(message(next.value))
      if (wait !== undefined) return wait
    }
    return undefined
  })
}
