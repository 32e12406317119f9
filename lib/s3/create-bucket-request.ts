import { S3Error } from './error'
import { malformed, readXml } from './read-xml'

/** The body of CreateBucket, which may be empty. Answers the location asked for, '' for none. */
export function* parseCreateBucketRequest(body: Buffer): Generator<undefined, string> {
  if (body.length === 0) return ''
  let location = ''
  const document = yield* readXml(body, 'CreateBucketConfiguration')
  for (const node of document.children) {
    if (node.name === 'LocationConstraint') location = node.text.trim()
    else if (node.name === 'Location' || node.name === 'Bucket' || node.name === 'Tags') {
      throw new S3Error('NotImplemented', {}, { message: `The element ${node.name} is not implemented.` })
    } else throw malformed()
  }
  return location
}
