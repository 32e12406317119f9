import { limits } from '../limits'
import { lacksDescriptors, StoreBusy } from './failure'
import type { Files } from './files'

interface OpenFile { readonly path: string, readonly opened: Promise<number>, users: number, dropped: boolean }

/**
 * Descriptors for reading, kept open by last use up to a bound. One in use is closed when its last user is done with it. Where
 * the process may open no more files, those that nobody uses are closed for the one that is wanted.
 */
export class OpenFiles {
  private readonly files: Files
  /** In order of use, the last used at the end. */
  private readonly open = new Map<string, OpenFile>()
  private readonly now = new Map<string, number>()
  private readonly closing = new Set<Promise<void>>()

  constructor(files: Files) {
    this.files = files
  }

  /**
   * Runs `work` on a descriptor that stays open meanwhile. One on which work failed is not used again. StoreBusy where none is to
   * be had.
   */
  async use<Result>(path: string, work: (fd: number) => Promise<Result>): Promise<Result> {
    let file = this.open.get(path)
    if (file === undefined) file = { path, opened: this.openAnyhow(path), users: 0, dropped: false }
    else this.open.delete(path)
    this.open.set(path, file)
    file.users++
    this.trim()
    try {
      return await work(await file.opened)
    } catch (error) {
      this.drop(file)
      throw error
    } finally {
      file.users--
      if (file.dropped && file.users === 0) this.close(file)
    }
  }

  /** A descriptor at once, valid until the next call of any method. Undefined: one must be waited for, as `use` does. */
  useNow(path: string): number | undefined {
    let fd = this.now.get(path)
    if (fd === undefined) fd = this.openNow(path)
    else this.now.delete(path)
    if (fd === undefined) return undefined
    this.now.set(path, fd)
    for (const [oldest, its] of this.now) {
      if (this.now.size <= limits.openFilesMax) break
      this.now.delete(oldest)
      this.track(this.files.close(its))
    }
    return fd
  }

  /** Closes all; those in use when they are free. */
  async closeAll(): Promise<void> {
    for (const file of [...this.open.values()]) this.drop(file)
    for (const fd of this.now.values()) this.track(this.files.close(fd))
    this.now.clear()
    while (this.closing.size > 0) await Promise.all(this.closing)
  }

  private async openAnyhow(path: string): Promise<number> {
    for (;;) {
      try {
        return await this.files.open(path, 'read')
      } catch (error) {
        if (!lacksDescriptors(error)) throw error
        this.closeOne()
        if (this.closing.size === 0) throw new StoreBusy(error)
        await Promise.race(this.closing)
      }
    }
  }

  private openNow(path: string): number | undefined {
    try {
      return this.files.openNow(path)
    } catch (error) {
      if (lacksDescriptors(error)) return undefined
      throw error
    }
  }

  /** One that nobody uses, if there is one. */
  private closeOne(): void {
    const [now] = this.now
    if (now !== undefined) {
      const [path, fd] = now
      this.now.delete(path)
      this.track(this.files.close(fd))
      return
    }
    const idle = [...this.open.values()].find((file) => file.users === 0)
    if (idle !== undefined) this.drop(idle)
  }

  /** Those used longest ago go first; one in use is closed by its last user. */
  private trim(): void {
    for (const file of this.open.values()) {
      if (this.open.size <= limits.openFilesMax) break
      this.drop(file)
    }
  }

  private drop(file: OpenFile): void {
    if (file.dropped) return
    file.dropped = true
    if (this.open.get(file.path) === file) this.open.delete(file.path)
    if (file.users === 0) this.close(file)
  }

  private close(file: OpenFile): void {
    this.track(file.opened.then((fd) => this.files.close(fd)))
  }

  /** Closing runs behind everybody's back; the end of the store waits for it. */
  private track(closed: Promise<void>): void {
    const quiet = closed.catch(() => {
      // A descriptor that was never opened, or only read from: nothing is lost.
    })
    this.closing.add(quiet)
    void quiet.then(() => this.closing.delete(quiet))
  }
}
