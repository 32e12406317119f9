import { randomBytes } from 'node:crypto'
import { limits } from '../../limits'
import type { Backend } from '../backend'
import type { Completion, Judge, Stat, Upload, Written } from '../contract'
import { isOutcomeUnknown, PfsError } from '../failure'
import { requirePath } from '../path'
import type { BranchRef } from '../ref'
import type { UploadBranch } from './branch'
import { composeFileSets, letGoFileSets } from './file-sets'
import { findObject, uploadEntry } from './find-object'
import { partsPath, tombstonePath, uploadPath } from './paths'
import {
  noContent, parsePartRecord, parseUploadRecord, tombstoneRecord, uploadRecord, type Claim, type Tombstone, type UploadRecord,
} from './records'

/** How long a composed file set must outlive its making, for the commit that copies it. */
const composedMs = 3600 * 1000

/** An upload's place: the branch that its object goes to, and the branch that holds its record. */
export interface UploadPlace {
  readonly ref: BranchRef
  readonly branch: UploadBranch
}

/**
 * Puts objects together. The records and the object lie in different repos, so no one commit can hold both. The order is:
 *
 * 1. claim: the record says who completes the upload, and behind which commit; nobody else completes, aborts or adds to it
 *    from here on;
 * 2. the object, in one commit, with the upload's id among its attributes;
 * 3. a tombstone in the place of all records, from which the same request is answered again.
 *
 * Where it fails before 2, the claim is taken back and the upload is as it was. A claim whose gateway died is settled by
 * whoever meets it: the commits behind that one tell whether 2 was done, and then 3 is made up for; else the claim is taken
 * back. So at any moment a crash leaves an upload either completed or to be completed. A claim is live while this process is
 * at it, or, where there may be other gateways, while it is young.
 */
export class Completions {
  private readonly backend: Backend
  private readonly gateway = randomBytes(8).toString('hex')
  private readonly underWay = new Map<string, { readonly digest: string, readonly outcome: Promise<Written> }>()

  constructor(backend: Backend) {
    this.backend = backend
  }

  /** Two requests that ask for the same are one. Others go one after the other, for `underWay` tells whose claim is live. */
  async complete(place: UploadPlace, upload: Upload, completion: Completion): Promise<Written> {
    for (let running = this.underWay.get(upload.id); running !== undefined; running = this.underWay.get(upload.id)) {
      if (running.digest === completion.digest) return running.outcome
      await running.outcome.catch(() => undefined)
    }
    const outcome = this.run(place, upload, completion).finally(() => { this.underWay.delete(upload.id) })
    this.underWay.set(upload.id, { digest: completion.digest, outcome })
    return outcome
  }

  isUnderWay(id: string): boolean {
    return this.underWay.has(id)
  }

  /** Waits until nobody here completes this upload. */
  async over(id: string): Promise<void> {
    for (let running = this.underWay.get(id); running !== undefined; running = this.underWay.get(id)) {
      await running.outcome.catch(() => undefined)
    }
  }

  private async run(place: UploadPlace, upload: Upload, completion: Completion): Promise<Written> {
    const { commit: seen } = await this.backend.heads.fresh(place.ref)
    const claim: Claim = { gateway: this.gateway, digest: completion.digest, seen }
    await this.rewrite(place, upload, claim, unclaimed)
    const { entries } = completion.attributes
    let written: Written
    try {
      written = await this.commit(place.ref, upload, completion)
    } catch (error) {
      // What the server made of a call that failed without a reason is not known: the claim stays until it can be settled.
      if (!isOutcomeUnknown(error)) await this.release(place, upload, claim).catch(() => undefined)
      throw error
    }
    const tombstone: Tombstone = { digest: completion.digest, branch: place.ref.branch, key: upload.key, written, attributes: { entries } }
    // The object is there, whatever becomes of the records: a claim that is left is settled by the next to come.
    await this.bury(place, upload, tombstone).catch(() => undefined)
    return written
  }

  private async commit(ref: BranchRef, upload: Upload, completion: Completion): Promise<Written> {
    const { transport, committers, capabilities } = this.backend
    requirePath(upload.key, capabilities.paths)
    const id = await composeFileSets(transport, completion.parts.map((part) => part.fileSet), composedMs)
    const size = completion.parts.reduce((sum, part) => sum + part.size, 0)
    const letGo = (): Promise<void> => { letGoFileSets(transport, [id]); return Promise.resolve() }
    const entries = { ...completion.attributes.entries, [uploadEntry]: upload.id }
    const written = await committers.write(ref, {
      edits: [{
        kind: 'put', key: upload.key, content: { size, content: { kind: 'file-set', id }, discard: letGo },
        attributes: { ...completion.attributes, entries },
        ...completion.judge === undefined ? {} : { judge: completion.judge },
      }],
    })
    void letGo()
    return written
  }

  /** Lets go of all parts, also of those that came between the request's look at them and the claim: behind it none can come. */
  private async bury({ ref, branch }: UploadPlace, upload: Upload, tombstone: Tombstone): Promise<void> {
    const parts = await branch.all(partsPath(upload.id))
    await branch.write({
      edits: [
        { kind: 'put', key: tombstonePath(upload.id), content: noContent, attributes: tombstoneRecord(tombstone) },
        { kind: 'delete', key: uploadPath(ref.branch, upload.key, upload.id) },
        { kind: 'delete', key: partsPath(upload.id), subtree: true },
      ],
    })
    letGoFileSets(this.backend.transport, parts.map((part) => parsePartRecord(part).fileSet))
  }

  private release(place: UploadPlace, upload: Upload, claim: Claim): Promise<Written> {
    return this.rewrite(place, upload, undefined, claimedBy(claim))
  }

  private rewrite({ ref, branch }: UploadPlace, upload: Upload, claim: Claim | undefined, judge: Judge): Promise<Written> {
    const key = uploadPath(ref.branch, upload.key, upload.id)
    return branch.write({ edits: [{ kind: 'put', key, content: noContent, attributes: uploadRecord(upload.attributes, claim), judge }] })
  }

  /** Somebody may be at it. */
  isLive({ upload, claim, written }: UploadRecord): boolean {
    if (claim === undefined) return false
    if (this.isUnderWay(upload.id)) return true
    return !this.backend.alone && Date.now() - written.getTime() <= limits.claimMsMax
  }

  /**
   * Ends a dead claim: answers true where the object had been committed, so that the upload is over. upload-claimed where that
   * cannot be told; then the claim stays.
   */
  async settle(place: UploadPlace, { upload, claim, written }: UploadRecord): Promise<boolean> {
    if (claim === undefined) return false
    const found = await findObject(this.backend, place.ref, { upload, claim, written })
    if (found === undefined) {
      await this.release(place, upload, claim)
      return false
    }
    await this.bury(place, upload, {
      digest: claim.digest, branch: place.ref.branch, key: upload.key, attributes: { entries: found.attributes?.entries ?? {} },
      written: { version: found.version, time: found.modified, refused: new Map() },
    })
    return true
  }
}

/** no-upload, or upload-claimed while somebody completes it. */
export function unclaimed(current: Stat | undefined): void {
  if (current === undefined) throw noUpload()
  if (parseUploadRecord(current, '').claim !== undefined) throw new PfsError('upload-claimed', 'the upload is being completed')
}

/** no-upload, or upload-claimed where the claim is not this one. */
export function claimedBy(claim: Claim): Judge {
  return (current) => {
    if (current === undefined) throw noUpload()
    const now = parseUploadRecord(current, '').claim
    if (now?.gateway === claim.gateway && now.digest === claim.digest) return
    throw new PfsError('upload-claimed', 'the claim is another one by now')
  }
}

export function noUpload(): PfsError {
  return new PfsError('no-upload', 'no such upload')
}
