import { Code, RpcFailure } from '../failure'
import type { Unary } from '../service'
import type { WhoAmIRequest, WhoAmIResponse } from '../../wire/messages'

/** This answer is how clients learn that there is nobody to be. */
export function whoAmI(): Unary<WhoAmIRequest, WhoAmIResponse> {
  return () => {
    throw new RpcFailure(Code.unimplemented, 'the auth service is not activated')
  }
}
