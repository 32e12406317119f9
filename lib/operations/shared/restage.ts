import { createHash } from 'node:crypto'
import type { Pfs, Stage, Staged, Stat } from '../../pfs/contract'
import { PfsError } from '../../pfs/failure'
import type { ChecksumAlgorithm } from '../../s3/checksum'
import { runningChecksum } from '../../s3/upload-checksum'

interface Restaged {
  readonly staged: Staged
  /** Raw, like the checksum. */
  readonly md5: Buffer
  /** Of the algorithm asked for. */
  readonly checksum: Buffer | undefined
}

interface Range {
  readonly offset: number
  readonly length: number
  readonly algorithm: ChecksumAlgorithm | undefined
  /** True once nobody waits for the copy: then the rest is not read. */
  readonly gone: () => boolean
}

/** Reads a range of an object into a file set of its own. At most what the read has on its way is held in memory. */
export async function restage(pfs: Pfs, from: Stat, { offset, length, algorithm, gone }: Range): Promise<Restaged> {
  const sum = algorithm === undefined ? undefined : await runningChecksum(algorithm)
  const md5 = createHash('md5')
  const stage = pfs.stage({ length, fileSet: true })
  try {
    await pipe(pfs, { from, offset, length }, (chunk) => {
      if (gone()) throw new PfsError('abandoned', 'nobody waits for this copy any more')
      md5.update(chunk)
      sum?.push(chunk)
      return stage.write(chunk)
    })
  } catch (error) {
    await stage.discard()
    throw error
  }
  return { staged: await stage.finish(), md5: md5.digest(), checksum: sum?.digest() }
}

/** Chunks that come although silence was asked for wait their turn: a stage takes one at a time. */
function pipe(pfs: Pfs, { from, offset, length }: { from: Stat, offset: number, length: number }, write: Stage['write']): Promise<void> {
  return new Promise((resolve, reject) => {
    const source = pfs.read(from, offset, length)
    const queue: Buffer[] = []
    let waiting = false
    let ended = false
    const fail = (error: unknown): void => {
      source.cancel()
      queue.length = 0
      reject(error)
    }
    const pump = (): void => {
      while (!waiting) {
        const chunk = queue.shift()
        if (chunk === undefined) {
          if (ended) resolve()
          return
        }
        let wait: Promise<void> | undefined
        try {
          wait = write(chunk)
        } catch (error) {
          fail(error)
          return
        }
        if (wait === undefined) continue
        waiting = true
        wait.then(() => {
          waiting = false
          pump()
          if (!waiting) source.resume()
        }, fail)
      }
    }
    source.start({
      data: (chunk) => {
        queue.push(chunk)
        pump()
        return !waiting
      },
      end: () => {
        ended = true
        pump()
      },
      fail,
    })
  })
}
