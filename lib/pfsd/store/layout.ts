import { join, sep } from 'node:path'

/**
 * Where everything is. A segment's number is its place in the journal: lsn = number × segment size + offset. Files are named on
 * every read, where `join` would take longer than the look-up of what is named.
 */
export class Layout {
  readonly root: string
  readonly format: string
  readonly lock: string
  readonly segments: string
  readonly blobs: string
  readonly indexDirectory: string
  readonly index: string

  constructor(root: string) {
    this.root = root
    this.format = join(root, 'FORMAT')
    this.lock = join(root, 'LOCK')
    this.segments = join(root, 'segments')
    this.blobs = join(root, 'blobs')
    this.indexDirectory = join(root, 'index')
    this.index = join(root, 'index', 'data.mdb')
  }

  segment(number: number): string {
    return `${this.segments}${sep}${String(number).padStart(8, '0')}.seg`
  }

  /** The number in a segment's file name, or undefined for a file that is none. */
  static segmentNumber(name: string): number | undefined {
    return /^\d{8,}\.seg$/.test(name) ? Number(name.slice(0, -4)) : undefined
  }

  /** 4,096 files a directory, so that none grows without bound. */
  blobDirectory(id: number): string {
    return `${this.blobs}${sep}${Math.floor(id / 4096).toString(16).padStart(3, '0')}`
  }

  blob(id: number): string {
    return `${this.blobDirectory(id)}${sep}${id}.blob`
  }

  /** The id in a blob file's name, or undefined for a file that is none. */
  static blobId(name: string): number | undefined {
    return /^\d+\.blob$/.test(name) ? Number(name.slice(0, -5)) : undefined
  }
}
