import { S3Error } from '../s3/error'
import { invalidArgument, invalidRequest } from '../s3/refusal'
import type { ChainSeed, PayloadProof } from './grant'

const words = [
  'UNSIGNED-PAYLOAD', 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD', 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER',
  'STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD', 'STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER',
] as const

/**
 * What a value of x-amz-content-sha256 promises about the body. `seed` is the head's own signature, undefined for an unsigned request.
 * Throws InvalidArgument for what is neither a digest nor one of S3's words, NotImplemented for chunks signed with ECDSA, and
 * InvalidRequest for signed chunks without a signature to start from.
 */
export function payloadProof(value: string, seed: ChainSeed | undefined): PayloadProof {
  if (/^[0-9a-fA-F]{64}$/.test(value)) return { kind: 'sha256', hex: value.toLowerCase() }
  switch (value) {
    case 'UNSIGNED-PAYLOAD': return { kind: 'unsigned' }
    case 'STREAMING-UNSIGNED-PAYLOAD-TRAILER': return { kind: 'unsigned-trailer' }
    case 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD': return { kind: 'chunks', chain: seeded(seed), trailer: false }
    case 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER': return { kind: 'chunks', chain: seeded(seed), trailer: true }
    case 'STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD':
    case 'STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER': throw new S3Error('NotImplemented', { Header: 'x-amz-content-sha256' })
    default: throw invalidArgument('x-amz-content-sha256', value,
      `x-amz-content-sha256 must be ${words.join(', ')} or a valid sha256 value.`)
  }
}

function seeded(seed: ChainSeed | undefined): ChainSeed {
  if (seed === undefined) {
    throw invalidRequest("Anonymous requests don't support this x-amz-content-sha256 value. Please use UNSIGNED-PAYLOAD or " +
      'STREAMING-UNSIGNED-PAYLOAD-TRAILER.')
  }
  return seed
}
