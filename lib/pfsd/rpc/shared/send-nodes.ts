import { limits } from '../../limits'
import type { Node } from '../../model/directory'
import type { Outlet } from '../../service'
import { drive } from './drive'
import type { Describer } from './file-info'
import type { FileInfo } from '../../../wire/messages'

/** Nodes, those among them that are meant, and how many of these at the most. */
export interface Selection {
  readonly nodes: Iterator<Node>
  readonly wanted: (node: Node) => boolean
  /** Steps that `wanted` took so far, where it may take many. */
  readonly steps?: () => number
  readonly number?: number
}

/**
 * Sends the nodes of a selection. Goes on at once while it may; it waits where the outlet says so, where attributes come from
 * disk, and after every so many nodes or steps, so that a long scan leaves room for others.
 */
export function sendNodes(
  { nodes, wanted, steps = none, number = Infinity }: Selection, describer: Describer, out: Outlet<FileInfo>,
): void | Promise<void> {
  let left = number
  return drive(() => {
    const stepsMax = steps() + limits.globTurnStepsMax
    for (let scanned = 0; left > 0 && !out.cancelled; scanned++) {
      if (scanned === limits.scannedEntriesMax || steps() > stepsMax) return breathe()
      const next = nodes.next()
      if (next.done === true) return undefined
      if (!wanted(next.value)) continue
      left--
      const info = describer.fileInfo(next.value)
      if (info instanceof Promise) return info.then((some) => out.send(some))
      const wait = out.send(info)
      if (wait !== undefined) return wait
    }
    return undefined
  })
}

function none(): number {
  return 0
}

function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
