import type { Attributes, NewPart, Part, Put, Upload, Uploads, Written } from '../../lib/pfs/contract'
import { PfsError } from '../../lib/pfs/failure'
import { type FakePfs, held } from './fake-pfs'

interface State { readonly upload: Upload, readonly parts: Map<number, NewPart & Part> }
interface Tombstone { readonly key: string, readonly digest: string, readonly written: Written, readonly attributes: Attributes }

const byteOrder = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))

/** The multipart half of FakePfs. */
export function fakeUploads(pfs: FakePfs): Uploads {
  const open = new Map<string, State>()
  const done = new Map<string, Tombstone>()
  let counter = 0

  const find = (bucket: string, key: string, id: string): State => {
    const state = open.get(id)
    if (state === undefined || state.upload.bucket !== bucket || state.upload.key !== key) throw new PfsError('no-upload', id)
    return state
  }

  return {
    create: async (bucket, key, attributes) => {
      pfs.head(bucket)
      const id = `upload-${String(++counter).padStart(6, '0')}`
      const upload = { id, bucket, key, initiated: new Date(Date.UTC(2026, 0, 1, 0, 0, counter)), attributes }
      open.set(id, { upload, parts: new Map() })
      return upload
    },
    get: async (bucket, key, id) => find(bucket, key, id).upload,
    putPart: async (upload, part) => {
      const modified = new Date(Date.UTC(2026, 0, 2, 0, 0, ++counter))
      const stored = { ...part, modified, fileSet: `part-${counter}` }
      find(upload.bucket, upload.key, upload.id).parts.set(part.number, stored)
      return stored
    },
    parts: async (upload, after, limit) => {
      const all = [...find(upload.bucket, upload.key, upload.id).parts.values()].sort((a, b) => a.number - b.number)
      const rest = all.filter((part) => part.number > after)
      return { parts: rest.slice(0, limit), more: rest.length > limit }
    },
    list: async (bucket, query) => {
      pfs.head(bucket)
      const all = [...open.values()].map((state) => state.upload)
        .filter((upload) => upload.bucket === bucket && upload.key.startsWith(query.prefix))
        .sort((a, b) => byteOrder(a.key, b.key) || byteOrder(a.id, b.id))
      const uploads: Upload[] = []
      const commonPrefixes: string[] = []
      let next: { key: string, id: string } | undefined
      for (const upload of all) {
        const order = byteOrder(upload.key, query.keyMarker)
        if (query.keyMarker !== '' && (order < 0 || order === 0 && (query.idMarker === '' || upload.id <= query.idMarker))) continue
        const cut = query.delimiter === '' ? -1 : upload.key.indexOf(query.delimiter, query.prefix.length)
        const common = cut === -1 ? undefined : upload.key.slice(0, cut + query.delimiter.length)
        if (common !== undefined && (common === commonPrefixes.at(-1) || common === query.keyMarker)) continue
        if (uploads.length + commonPrefixes.length === query.limit) return { uploads, commonPrefixes, next }
        if (common !== undefined) commonPrefixes.push(common)
        else uploads.push(upload)
        next = common === undefined ? { key: upload.key, id: upload.id } : { key: common, id: '' }
      }
      return { uploads, commonPrefixes, next: undefined }
    },
    complete: async (upload, completion) => {
      const { parts } = find(upload.bucket, upload.key, upload.id)
      const bytes = completion.parts.map((part) => {
        const stored = parts.get(part.number)
        if (stored === undefined) throw new PfsError('internal', 'a part that is not there')
        return pfs.bytesOf({ content: stored.staged })
      })
      const put: Put = {
        kind: 'put',
        key: upload.key,
        content: held(Buffer.concat(bytes)),
        attributes: completion.attributes,
        ...completion.judge === undefined ? {} : { judge: completion.judge },
      }
      const written = await pfs.write(upload.bucket, { edits: [put] })
      open.delete(upload.id)
      done.set(upload.id, { key: upload.key, digest: completion.digest, written, attributes: completion.attributes })
      return written
    },
    completed: async (_bucket, key, id, digest) => {
      const tombstone = done.get(id)
      return tombstone?.key === key && tombstone.digest === digest ? tombstone : undefined
    },
    sweepAll: async () => undefined,
    abort: async (bucket, key, id) => {
      find(bucket, key, id)
      open.delete(id)
    },
  }
}
