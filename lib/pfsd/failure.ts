/** Numeric gRPC status codes that the embedded server answers. */
export const Code = {
  cancelled: 1, unknown: 2, invalidArgument: 3, notFound: 5, alreadyExists: 6, resourceExhausted: 8, failedPrecondition: 9,
  aborted: 10, outOfRange: 11, unimplemented: 12,
} as const

export type Code = typeof Code[keyof typeof Code]

/** A failed RPC, as its caller sees it. Texts and codes are pachd's own where pachd has the failure. */
export class RpcFailure extends Error {
  readonly code: Code
  readonly details: string

  constructor(code: Code, details: string) {
    super(details)
    this.name = 'RpcFailure'
    this.code = code
    this.details = details
  }
}
