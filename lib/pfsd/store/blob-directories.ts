import { limits } from '../limits'
import { StorePoisoned } from './failure'
import type { Files } from './files'
import type { Layout } from './layout'

interface Directory { readonly opened: Promise<number>, users: number }

/**
 * The directories of blob files. Each is made, its name is synced, and it is opened, before a file in it gets its first byte:
 * once for all who ask meanwhile, so that no file is answered for in a directory whose own name is not durable yet. One that is
 * there is synced too, for who made it may have ended before its sync. Those used last stay open, up to a bound, so that the
 * sync of a file's name seldom has to open anything. A failed sync is a StorePoisoned; any other failure leaves nothing in doubt.
 */
export class BlobDirectories {
  private readonly files: Files
  private readonly layout: Layout
  private readonly parent: number
  /** By path, in order of use, the last used at the end. */
  private readonly open = new Map<string, Directory>()
  private readonly closing = new Set<Promise<void>>()

  private constructor(files: Files, layout: Layout, parent: number) {
    this.files = files
    this.layout = layout
    this.parent = parent
  }

  static async open(files: Files, layout: Layout): Promise<BlobDirectories> {
    return new BlobDirectories(files, layout, await files.openDirectory(layout.blobs))
  }

  /** Resolves when the directory of a blob's file is there for good. */
  async prepare(id: number): Promise<void> {
    await this.use(id, async () => {})
  }

  /** Makes the name of a blob's file durable. */
  async sync(id: number): Promise<void> {
    await this.use(id, (fd) => this.flush(fd))
  }

  /** When nobody uses them any more. */
  async close(): Promise<void> {
    for (const [path, directory] of this.open) this.drop(path, directory)
    await Promise.all(this.closing)
    await this.files.close(this.parent)
  }

  private async use(id: number, work: (fd: number) => Promise<void>): Promise<void> {
    const path = this.layout.blobDirectory(id)
    const directory = this.open.get(path) ?? { opened: this.make(path), users: 0 }
    this.open.delete(path)
    this.open.set(path, directory)
    directory.users++
    try {
      await work(await this.opened(path, directory))
    } finally {
      directory.users--
      this.trim()
    }
  }

  /** One that could not be opened is tried anew by who comes next. */
  private async opened(path: string, directory: Directory): Promise<number> {
    try {
      return await directory.opened
    } catch (error) {
      if (this.open.get(path) === directory) this.open.delete(path)
      throw error
    }
  }

  private async make(path: string): Promise<number> {
    await this.files.makeDirectory(path)
    await this.flush(this.parent)
    return await this.files.openDirectory(path)
  }

  private async flush(fd: number): Promise<void> {
    try {
      await this.files.sync(fd)
    } catch (error) {
      throw new StorePoisoned(error)
    }
  }

  private trim(): void {
    for (const [path, directory] of this.open) {
      if (this.open.size <= limits.blobDirectoriesMax) return
      if (directory.users === 0) this.drop(path, directory)
    }
  }

  private drop(path: string, directory: Directory): void {
    this.open.delete(path)
    const closed = directory.opened.then((fd) => this.files.close(fd)).catch(() => {
      // Never opened, or only synced: nothing is lost.
    })
    this.closing.add(closed)
    void closed.then(() => this.closing.delete(closed))
  }
}
