import type { Scope } from './signing-key'

/** What a signed request says of itself, read from its Authorization header or its query; nothing of it is proven yet. */
export interface Claim {
  readonly keyId: string
  readonly scope: Scope
  /** `20130524T000000Z`, as it was signed. */
  readonly timestamp: string
  /** Lower-case names, ascending. */
  readonly signedHeaders: readonly string[]
  /** 64 lower-case hex digits. */
  readonly signature: string
}
