import type { NodeWriter } from '../../lib/pfsd/model/entry'
import { verifyNode } from '../../lib/pfsd/model/seal'

/** Nodes in memory that count what is read and written, and check every seal at every read. */
export class MemoryNodes implements NodeWriter {
  readonly nodes = new Map<number, Buffer>()
  readonly blobs = new Map<number, Buffer>()
  reads = 0
  writes = 0
  private last = 0
  private lastBlob = 0

  node(id: number): Buffer {
    const node = this.nodes.get(id)
    if (node === undefined) throw new Error(`no node ${id}`)
    this.reads++
    verifyNode(id, node)
    return node
  }

  reserveNode(): number {
    return ++this.last
  }

  putNode(id: number, node: Buffer): void {
    if (this.nodes.has(id) || id > this.last) throw new Error(`node ${id} was not reserved`)
    this.writes++
    this.nodes.set(id, node)
  }

  addBlob(bytes: Buffer): number {
    this.blobs.set(++this.lastBlob, bytes)
    return this.lastBlob
  }

  addBlobFile(file: { readonly id: number, readonly length: number }): number {
    return file.id
  }

  /** Work done by `run`. */
  count<Result>(run: () => Result): { readonly result: Result, readonly reads: number, readonly writes: number } {
    const { reads, writes } = this
    const result = run()
    return { result, reads: this.reads - reads, writes: this.writes - writes }
  }
}
