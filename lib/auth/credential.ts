import type { S3Error } from '../s3/error'
import type { Claim } from './claim'

/** Makes the refusal of the form (header or query) in which the ill-formed part stood. */
export type Refuse = (reason: string, members?: Readonly<Record<string, string>>) => S3Error

const regionBytesMax = 64
const credential = /^(.*)\/([^/]*)\/([^/]*)\/([^/]*)\/([^/]*)$/s
const token = /^[!#$%&'*+.^_`|~0-9a-z-]+$/

/**
 * Reads `<key id>/20130524/us-east-1/s3/aws4_request`. It is split from the right, as a key id may have slashes. Refusals quote nothing
 * of it: wherever the parts are miscounted, one of them is a piece of the id, which may be a token.
 */
export function parseCredential(text: string, region: string | undefined, refuse: Refuse): Pick<Claim, 'keyId' | 'scope'> {
  const [, keyId = '', date = '', ofRegion = '', service, terminal] = credential.exec(text) ?? []
  if (keyId === '' || ofRegion === '' || ofRegion.length > regionBytesMax) {
    throw refuse('the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".')
  }
  if (!/^\d{8}$/.test(date)) throw refuse('incorrect date format. This date in the credential must be in the format "yyyyMMdd".')
  if (region !== undefined && ofRegion !== region) throw refuse(`the region is wrong; expecting '${region}'`, { Region: region })
  if (service !== 's3') throw refuse('incorrect service. This endpoint belongs to "s3".')
  if (terminal !== 'aws4_request') throw refuse('incorrect terminal. This endpoint uses "aws4_request".')
  return { keyId, scope: { date, region: ofRegion, service } }
}

/** S3's text for a scope of another day. The date may be quoted: by then it is known to be one. */
export function wrongDate(date: string, timestamp: string): string {
  return `Invalid credential date "${date}". This date is not the same as X-Amz-Date: "${timestamp.slice(0, 8)}".`
}

/** Reads `host;range;x-amz-date`: field names in lower case, ascending, none twice. */
export function parseSignedHeaders(text: string, refuse: Refuse): readonly string[] {
  const names = text.split(';')
  for (const [index, name] of names.entries()) {
    const before = names[index - 1]
    if (!token.test(name) || (before !== undefined && before >= name)) {
      throw refuse('SignedHeaders must be lower-case header names in ascending order, each once, separated by semicolons.')
    }
  }
  return names
}
