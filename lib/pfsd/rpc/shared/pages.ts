import { Code, RpcFailure } from '../../failure'
import { limits } from '../../limits'
import type { Node } from '../../model/directory'
import type { Selection } from './send-nodes'

/** How ListFile and WalkFile are asked for a part of their answer. */
interface PageRequest {
  readonly number?: number
  readonly reverse?: boolean
  readonly paginationMarker?: { path?: string }
}

/** Refuses as pachd does; answers how many nodes to send. */
export function pageLength(request: PageRequest): number {
  const number = request.number ?? 0
  if (number > limits.listedFilesMax) throw new RpcFailure(Code.unknown, `cannot return more than ${limits.listedFilesMax} files at a time`)
  if (request.reverse === true && number <= 0) throw new RpcFailure(Code.unknown, 'number must be > 0 when reverse is true')
  return number > 0 ? number : Infinity
}

/** The lower bound that a marker gives a forward page; the marker is taken as it is, slash and all. */
export function pageStart(request: PageRequest): Buffer {
  return Buffer.from(request.reverse === true ? '' : request.paginationMarker?.path ?? '')
}

/** What a page shows: strictly behind the marker, or before it; a marker without its slash hides the directory too. */
export function isOnPage(request: PageRequest): (node: Node) => boolean {
  const marker = request.paginationMarker?.path ?? ''
  if (marker === '') return () => true
  const bytes = Buffer.from(marker)
  if (request.reverse === true) return (node) => Buffer.compare(Buffer.from(node.path), bytes) < 0
  const directory = marker + '/'
  return (node) => (node.kind === 'file' || node.path !== directory) && Buffer.compare(Buffer.from(node.path), bytes) > 0
}

/** The last `number` nodes that are on the page, last first. Like pachd it goes through all of them. */
export function lastNodes(nodes: Iterable<Node>, wanted: (node: Node) => boolean, number: number): Selection {
  const last: Node[] = []
  for (const node of nodes) {
    if (!wanted(node)) continue
    last.push(node)
    // Cut now and then, not each time: the list stays within twice a page, and each node is moved once.
    if (last.length > 2 * number) last.splice(0, last.length - number)
  }
  return { nodes: last.slice(-number).reverse()[Symbol.iterator](), wanted: () => true }
}
