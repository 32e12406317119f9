import { limits } from '../limits'
import { checksumAlgorithms, type ChecksumAlgorithm } from './checksum'
import { S3Error } from './error'
import { malformed, readXml, type XmlNode } from './read-xml'
import { invalidArgument, invalidRequest } from './refusal'

/** One part as CompleteMultipartUpload lists it. */
export interface ListedPart {
  readonly number: number
  /** Without quotes. */
  readonly etag: string
  /** As sent, base64, by algorithm. */
  readonly checksums: Readonly<Partial<Record<ChecksumAlgorithm, string>>>
}

/**
 * Reads a `CompleteMultipartUpload` document of 1 to 10,000 parts in ascending order: MalformedXML, InvalidRequest for no
 * document at all, InvalidArgument for a number out of bounds, InvalidPartOrder. Elements of a part that are not known promise
 * nothing: a part was taken only with a checksum that is known.
 */
export function* parseCompleteRequest(body: Buffer): Generator<undefined, readonly ListedPart[]> {
  if (body.length === 0) throw invalidRequest('You must specify at least one part')
  const parts: ListedPart[] = []
  let last = 0
  const document = yield* readXml(body, 'CompleteMultipartUpload')
  for (const node of document.children) {
    if (node.name !== 'Part') throw malformed()
    const part = listedPart(node)
    if (part.number <= last) throw new S3Error('InvalidPartOrder')
    last = part.number
    parts.push(part)
  }
  if (parts.length === 0 || parts.length > limits.partsMax) throw malformed()
  return parts
}

const checksumNames: ReadonlyMap<string, ChecksumAlgorithm> = new Map(checksumAlgorithms.map((name) => [`Checksum${name}`, name]))

function listedPart(node: XmlNode): ListedPart {
  const texts = new Map<string, string>()
  const checksums: Partial<Record<ChecksumAlgorithm, string>> = {}
  for (const { name, text } of node.children) {
    if (texts.has(name)) throw malformed()
    texts.set(name, text.trim())
    const algorithm = checksumNames.get(name)
    if (algorithm !== undefined) checksums[algorithm] = text.trim()
  }
  const etag = texts.get('ETag')
  if (etag === undefined) throw malformed()
  return { number: partNumber(texts.get('PartNumber')), etag: etag.replace(/^"(.*)"$/, '$1'), checksums }
}

function partNumber(text: string | undefined): number {
  if (text === undefined || !/^-?\d{1,10}$/.test(text)) throw malformed()
  const number = Number(text)
  if (number >= 1 && number <= limits.partsMax) return number
  throw invalidArgument('PartNumber', text,
    number < 1 ? 'PartNumber must be >= 1' : `Part number must be an integer between 1 and ${limits.partsMax}, inclusive`)
}
