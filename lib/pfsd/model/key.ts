const separator = 0
const defaultDatum = 'default'

/** The key of a path: datums other than `default` follow behind a NUL, so that a path's entries lie together. */
export function keyOfPath(path: string, datum = ''): Buffer {
  return Buffer.from(datum === '' || datum === defaultDatum ? path : `${path}\0${datum}`)
}

/** The path of a key, shared with it. */
export function pathOfKey(key: Buffer): Buffer {
  const end = key.indexOf(separator)
  return end === -1 ? key : key.subarray(0, end)
}

export function datumOfKey(key: Buffer): string {
  const end = key.indexOf(separator)
  return end === -1 ? defaultDatum : key.toString('utf8', end + 1)
}

/** The first key behind a path and all its datums. */
export function afterPath(path: Buffer): Buffer {
  return Buffer.concat([path, Buffer.of(separator + 1)])
}
