import { diskFiles, type Files } from '../../lib/pfsd/store/files'

export interface Call {
  readonly name: keyof Files
  readonly path: string
  readonly buffers?: readonly Buffer[]
  readonly position?: number
  readonly length?: number
}

/** What a call meets instead of the disk: an error, or an error after the first `torn` bytes are written. */
export interface Fault { readonly code: string, readonly torn?: number }

/**
 * The disk with a say before each call that changes or flushes something, and a record of those that succeeded. Calls that
 * only read are neither counted nor asked about.
 */
export function faultyFiles(meet: (call: Call, index: number) => Fault | undefined): { files: Files, done: Call[] } {
  const done: Call[] = []
  const paths = new Map<number, string>()
  let count = 0
  const guard = async <Result>(call: Call, run: () => Promise<Result>, tear?: (bytes: number) => Promise<unknown>): Promise<Result> => {
    const fault = meet(call, count++)
    if (fault !== undefined) {
      if (fault.torn !== undefined) await tear?.(fault.torn)
      throw Object.assign(new Error(`${fault.code}: ${call.name} ${call.path}`), { code: fault.code })
    }
    const result = await run()
    done.push(call)
    return result
  }
  const path = (fd: number): string => paths.get(fd) ?? '?'
  const files: Files = {
    ...diskFiles,
    async open(file, mode) {
      const run = (): Promise<number> => diskFiles.open(file, mode)
      const fd = mode === 'create' ? await guard({ name: 'open', path: file }, run) : await run()
      paths.set(fd, file)
      return fd
    },
    writev: (fd, buffers, position) => guard(
      { name: 'writev', path: path(fd), buffers: buffers.map((buffer) => Buffer.from(buffer)), position },
      () => diskFiles.writev(fd, buffers, position),
      (bytes) => diskFiles.writev(fd, [Buffer.concat(buffers).subarray(0, bytes)], position)),
    datasync: (fd) => guard({ name: 'datasync', path: path(fd) }, () => diskFiles.datasync(fd)),
    truncate: (fd, length) => guard({ name: 'truncate', path: path(fd), length }, () => diskFiles.truncate(fd, length)),
    unlink: (file) => guard({ name: 'unlink', path: file }, () => diskFiles.unlink(file)),
    rename: (from, to) => guard({ name: 'rename', path: from }, () => diskFiles.rename(from, to)),
    makeDirectory: (file) => guard({ name: 'makeDirectory', path: file }, () => diskFiles.makeDirectory(file)),
    async openDirectory(file) {
      const fd = await guard({ name: 'openDirectory', path: file }, () => diskFiles.openDirectory(file))
      paths.set(fd, file)
      return fd
    },
    sync: (fd) => guard({ name: 'sync', path: path(fd) }, () => diskFiles.sync(fd)),
  }
  return { files, done }
}
