import { limits } from '../limits'
import { S3Error } from './error'
import { malformed, readXml, type XmlNode } from './read-xml'

/** The body of DeleteObjects. */
interface DeleteRequest {
  readonly quiet: boolean
  readonly objects: readonly ObjectToDelete[]
}

/** What is given beside the key narrows what may be deleted. */
export interface ObjectToDelete {
  readonly key: string
  readonly versionId?: string
  readonly etag?: string
  readonly size?: string
  readonly lastModifiedTime?: string
}

/**
 * Reads a `Delete` document of 1 to 1,000 keys. An element that S3 did not have when this was written is MalformedXML: it
 * may well be one more condition, and to ignore a condition is to delete too much.
 */
export function* parseDeleteRequest(body: Buffer): Generator<undefined, DeleteRequest> {
  if (body.length === 0) throw new S3Error('MissingRequestBodyError')
  const objects: ObjectToDelete[] = []
  let quiet = false
  const document = yield* readXml(body, 'Delete')
  for (const node of document.children) {
    if (node.name === 'Object') objects.push(objectOf(node))
    else if (node.name === 'Quiet') quiet = flagOf(node)
    else throw malformed()
  }
  if (objects.length === 0 || objects.length > limits.deleteKeysMax) throw malformed()
  return { quiet, objects }
}

function flagOf(node: XmlNode): boolean {
  const text = node.text.trim().toLowerCase()
  if (text !== 'true' && text !== 'false') throw malformed()
  return text === 'true'
}

const members: Readonly<Record<string, keyof ObjectToDelete>> = {
  Key: 'key', VersionId: 'versionId', ETag: 'etag', Size: 'size', LastModifiedTime: 'lastModifiedTime',
}

function objectOf(node: XmlNode): ObjectToDelete {
  const found: Partial<Record<keyof ObjectToDelete, string>> = {}
  for (const child of node.children) {
    const member = Object.hasOwn(members, child.name) ? members[child.name] : undefined
    if (member === undefined || found[member] !== undefined) throw malformed()
    found[member] = child.text
  }
  const { key, ...conditions } = found
  if (key === undefined || key === '') throw malformed()
  return { key, ...conditions }
}
