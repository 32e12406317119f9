import { limits } from '../../limits'
import type { Backend } from '../backend'
import type {
  Attributes, Change, Completed, Completion, NewPart, Part, Upload, UploadPage, UploadQuery, Uploads, Written,
} from '../contract'
import { isOutcomeUnknown, isPfsError, PfsError } from '../failure'
import { requirePath } from '../path'
import { bucketRef } from '../ref'
import { snapshot } from '../snapshots'
import { UploadBranch } from './branch'
import { Completions, noUpload, unclaimed, type UploadPlace } from './completions'
import { composeFileSets, letGoFileSets } from './file-sets'
import {
  isUploadId, newUploadId, parseUploadPath, partPath, partsPath, spell, timeOfId, tombstonePath, uploadPath, uploadsOfKeyPath, uploadsPath,
} from './paths'
import { noContent, parsePartRecord, parseTombstone, parseUploadRecord, partRecord, uploadRecord, type UploadRecord } from './records'
import { UploadSweep } from './sweep'

export function uploads(backend: Backend): Uploads {
  return new MultipartUploads(backend)
}

/**
 * Multipart uploads. All of their state is on the server: records in the companion's branch, bytes in file sets that the
 * records name. Whoever changes what an upload consists of has its record judged in the same commit, so that an upload is
 * completed or aborted once, and no part comes behind that.
 */
class MultipartUploads implements Uploads {
  private readonly backend: Backend
  private readonly completions: Completions
  private readonly sweep: UploadSweep

  constructor(backend: Backend) {
    this.backend = backend
    this.completions = new Completions(backend)
    this.sweep = new UploadSweep(backend, this.completions)
  }

  async create(bucket: string, key: string, attributes: Attributes): Promise<Upload> {
    const { backend } = this
    const { ref, branch } = this.place(bucket)
    if (!backend.capabilities.attributes) throw new PfsError('unsupported', 'this server cannot keep records of uploads')
    requirePath(key, backend.capabilities.paths)
    await backend.heads.read(ref)
    const now = Date.now()
    const upload: Upload = { id: newUploadId(now), bucket, key, initiated: new Date(now), attributes }
    const path = uploadPath(ref.branch, key, upload.id)
    await branch.writeFirst({ edits: [{ kind: 'put', key: path, content: noContent, attributes: uploadRecord(attributes, undefined) }] })
    this.sweep.runIfDue(ref)
    return upload
  }

  async get(bucket: string, key: string, id: string): Promise<Upload> {
    const place = await this.placeToRead(bucket)
    if (place === undefined) throw noUpload()
    return (await this.find(place, { bucket, key, id })).upload
  }

  /** Settles a dead claim on the way. */
  private async find(place: UploadPlace, { bucket, key, id }: Pick<Upload, 'bucket' | 'key' | 'id'>): Promise<UploadRecord> {
    const { ref, branch } = place
    const young = isUploadId(id) && Date.now() - timeOfId(id) <= this.backend.uploadLifetimeMs
    const stat = young ? await branch.record(uploadPath(ref.branch, key, id)) : undefined
    if (stat === undefined) {
      // A bucket that is not there is the better answer.
      await this.backend.heads.read(ref)
      throw noUpload()
    }
    const record = parseUploadRecord(stat, bucket)
    if (record.claim === undefined || this.completions.isLive(record)) return record
    if (await this.completions.settle(place, record)) throw noUpload()
    return { ...record, claim: undefined }
  }

  async putPart(upload: Upload, part: NewPart): Promise<Part> {
    const { transport, uploadLifetimeMs } = this.backend
    const { ref, branch } = this.place(upload.bucket)
    const { content } = part.staged
    if (content.kind !== 'file-set') throw new PfsError('internal', 'a part is not in a file set')
    const fileSet = await composeFileSets(transport, [content.id], uploadLifetimeMs)
    const { number, size, md5, checksums } = part
    let replaced: string | undefined
    try {
      const written = await this.writeUnclaimed(branch, upload.id, {
        requires: [{ key: uploadPath(ref.branch, upload.key, upload.id), judge: unclaimed }],
        edits: [{
          kind: 'put', key: partPath(upload.id, number), content: noContent, attributes: partRecord({ size, md5, checksums, fileSet }),
          judge: (current) => { replaced = current === undefined ? undefined : parsePartRecord(current).fileSet },
        }],
      })
      if (replaced !== undefined && replaced !== fileSet) letGoFileSets(transport, [replaced])
      return { number, size, md5, checksums, fileSet, modified: written.time }
    } catch (error) {
      // Without an answer the record may be there, and then it needs its bytes.
      if (!isOutcomeUnknown(error)) letGoFileSets(transport, [fileSet])
      throw error
    }
  }

  /** A completion that is under way here comes first: it ends the upload, or leaves it as it was. */
  private async writeUnclaimed(branch: UploadBranch, id: string, change: Change): Promise<Written> {
    for (;;) {
      try {
        return await branch.write(change)
      } catch (error) {
        if (!isPfsError(error, 'upload-claimed') || !this.completions.isUnderWay(id)) throw error
      }
      await this.completions.over(id)
    }
  }

  async parts(upload: Upload, after: number, limit: number): Promise<{ readonly parts: readonly Part[], readonly more: boolean }> {
    const { branch } = this.place(upload.bucket)
    const start = after === 0 ? '' : partPath(upload.id, Math.min(after, limits.partsMax))
    const page = await branch.page({ prefix: partsPath(upload.id), after: start, limit })
    return { parts: page.files.map(parsePartRecord), more: page.next !== undefined }
  }

  async list(bucket: string, query: UploadQuery): Promise<UploadPage> {
    const place = await this.placeToRead(bucket)
    if (place === undefined) return { uploads: [], commonPrefixes: [], next: undefined }
    const { ref, branch } = place
    await this.backend.heads.read(ref)
    this.sweep.runIfDue(ref)
    const { prefix, delimiter, limit } = query
    const listing = { prefix: uploadsPath(ref.branch, prefix), delimiter: spell(delimiter), limit }
    const page = await branch.page({ ...listing, ...startOf(ref.branch, query) })
    const next = page.next === undefined ? undefined : parseUploadPath(page.next)
    return {
      uploads: page.files.map((stat) => parseUploadRecord(stat, bucket).upload),
      commonPrefixes: page.commonPrefixes.map((path) => parseUploadPath(path).key),
      next: next === undefined ? undefined : { key: next.key, id: next.id },
    }
  }

  complete(upload: Upload, completion: Completion): Promise<Written> {
    return this.completions.complete(this.place(upload.bucket), upload, completion)
  }

  async completed(bucket: string, key: string, id: string, digest: string): Promise<Completed | undefined> {
    if (!isUploadId(id)) return undefined
    const { ref, branch } = this.place(bucket)
    await this.completions.over(id)
    const stat = await branch.record(tombstonePath(id))
    if (stat === undefined || Date.now() - stat.modified.getTime() > limits.tombstoneMs) return undefined
    const tombstone = parseTombstone(stat)
    return tombstone.branch === ref.branch && tombstone.key === key && tombstone.digest === digest ? tombstone : undefined
  }

  /** A completion that is under way comes first: where it fails, the upload is aborted all the same. */
  async abort(bucket: string, key: string, id: string): Promise<void> {
    const place = this.place(bucket)
    await this.completions.over(id)
    await this.find(place, { bucket, key, id })
    const record = uploadPath(place.ref.branch, key, id)
    await this.writeUnclaimed(place.branch, id, { edits: [{ kind: 'delete', key: record, judge: unclaimed }] })
    // Only now can no part come any more: those that came last are let go with the others.
    const parts = await place.branch.all(partsPath(id))
    if (parts.length === 0) return
    await place.branch.write({ edits: [{ kind: 'delete', key: partsPath(id), subtree: true }] })
    letGoFileSets(this.backend.transport, parts.map((part) => parsePartRecord(part).fileSet))
  }

  sweepAll(): Promise<void> {
    return this.sweep.all()
  }

  /** Undefined for a commit that is there: it has no uploads, and to look for them is no write. no-bucket. */
  private async placeToRead(bucket: string): Promise<UploadPlace | undefined> {
    if (bucketRef(bucket).commit === undefined) return this.place(bucket)
    await snapshot(this.backend, bucket, undefined)
    return undefined
  }

  private place(bucket: string): UploadPlace {
    const ref = bucketRef(bucket)
    if (ref.commit !== undefined) throw new PfsError('read-only', 'a commit cannot be written to')
    return { ref, branch: new UploadBranch(this.backend, ref) }
  }
}

/** Where a page begins. A marker at or inside a common prefix leaves out all that the prefix stands for. */
function startOf(branch: string, query: UploadQuery): { readonly after: string, readonly afterSubtree: boolean } {
  const { prefix, delimiter, keyMarker, idMarker } = query
  if (keyMarker === '') return { after: '', afterSubtree: false }
  const cut = delimiter === '' || !keyMarker.startsWith(prefix) ? -1 : keyMarker.indexOf(delimiter, prefix.length)
  if (cut !== -1) return { after: uploadsPath(branch, keyMarker.slice(0, cut + delimiter.length)), afterSubtree: true }
  if (idMarker === '') return { after: uploadsOfKeyPath(branch, keyMarker), afterSubtree: true }
  return { after: uploadPath(branch, keyMarker, idMarker), afterSubtree: false }
}
