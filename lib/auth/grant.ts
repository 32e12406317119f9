/** Who is asking, and how the body proves that it is theirs: what `verify` hands to everything behind it. */
export interface Grant {
  readonly identity: Identity
  readonly access: 'full' | 'read'
  readonly payload: PayloadProof
}

/** `anonymous`: unsigned, or signed while the gateway is open to everyone. */
type Identity =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'key', readonly keyId: string, readonly name: string }

/** What the head promised about the body. */
export type PayloadProof =
  /** No promise: UNSIGNED-PAYLOAD, a presigned URL, or no signature at all. */
  | { readonly kind: 'unsigned' }
  /** SHA-256 of the body, lower-case hex. */
  | { readonly kind: 'sha256', readonly hex: string }
  /** aws-chunked without chunk signatures, checksum in the trailer. */
  | { readonly kind: 'unsigned-trailer' }
  /** aws-chunked with a chain of chunk signatures from the head's; `trailer` says whether a signed trailer follows. */
  | { readonly kind: 'chunks', readonly chain: ChainSeed, readonly trailer: boolean }

export interface ChainSeed {
  /** Undefined where there is no secret to check with (open gateway): chunk signatures need only be well formed. */
  readonly signingKey: Buffer | undefined
  /** `20130524T000000Z` and `20130524/us-east-1/s3/aws4_request`, as the head has them. */
  readonly timestamp: string
  readonly scope: string
  /** The head's own signature, the first link. */
  readonly signature: string
}
