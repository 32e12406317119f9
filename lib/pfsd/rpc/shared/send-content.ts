import { limits } from '../../limits'
import { extentsOf } from '../../model/extents'
import type { Entry, Extent } from '../../model/entry'
import type { Outlet } from '../../service'
import { StoreDamaged } from '../../store/failure'
import type { Store } from '../../store/store'
import type { BytesValue } from '../../../wire/messages'
import { drive } from './drive'

/** Sends bytes [from, to) of a file, piece by piece; what is at hand goes out without waiting. */
export function sendContent(
  store: Store, entry: Entry, range: { readonly from: number, readonly to: number }, out: Outlet<BytesValue>,
): void | Promise<void> {
  const to = Math.min(range.to, entry.size)
  if (range.from >= to) return
  const { content } = entry
  if (content.kind === 'inline') return out.send({ value: inlineBytes(content.bytes, range.from, to) })
  return sendExtents(store, extentsOf(store.read, content, range.from, to), out)
}

/**
 * All of a file that is not empty and not longer than a message, where it is one piece that need not be waited for. Damage is not
 * told here: whoever wants the bytes asks for them again, and whoever wants the rest is to get it.
 */
export function contentNow(store: Store, { content, size }: Entry): Buffer | undefined {
  if (content.kind === 'inline') return inlineBytes(content.bytes, 0, size)
  const [extent, ...others] = extentsOf(store.read, content, 0, size)
  if (extent === undefined || others.length > 0) return undefined
  try {
    return store.readBlobNow(extent.blob, extent.offset, extent.length)
  } catch (error) {
    if (error instanceof StoreDamaged) return undefined
    throw error
  }
}

/** A copy: the bytes share a node's memory, which whoever gets the message must not be able to change. */
function inlineBytes(bytes: Buffer, from: number, to: number): Buffer {
  return Buffer.from(bytes.subarray(from, to))
}

/**
 * One message is read at a time, so that a slow reader holds up no memory. What is at hand is read when it is wanted: bytes that
 * lie in wait have left the processor's cache when they go out. What comes from the disk is read ahead.
 */
function sendExtents(store: Store, extents: readonly Extent[], out: Outlet<BytesValue>): void | Promise<void> {
  let index = 0
  let done = 0
  return drive(() => {
    for (let extent = extents[index]; extent !== undefined && !out.cancelled; extent = extents[index]) {
      // A range that begins inside a checked block gets a short first message: no later one then shares a block with its neighbour.
      const at = extent.offset + done
      const length = Math.min(limits.contentMessageBytes - at % limits.blobCheckBytes, extent.length - done)
      const bytes = store.readBlobNow(extent.blob, at, length)
      const reading = bytes ?? store.readBlob(extent.blob, at, length)
      done += length
      if (done === extent.length) {
        index++
        done = 0
      }
      const wait = reading instanceof Promise
        ? reading.then((value) => out.send({ value }))
        : sendNow(out, reading, index === extents.length)
      if (wait !== undefined) return wait
    }
    return undefined
  })
}

function sendNow(out: Outlet<BytesValue>, value: Buffer, last: boolean): Promise<void> | undefined {
  const wait = out.send({ value })
  return last ? wait : out.wanted()
}
