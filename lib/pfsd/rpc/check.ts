import { Code, RpcFailure } from '../failure'
import type { Unary } from '../service'
import type { HealthCheckRequest, HealthCheckResponse } from '../../wire/messages'

/** The standard health check; the empty service name stands for the whole server, the only thing that is watched. */
export function check(): Unary<HealthCheckRequest, HealthCheckResponse> {
  return (request) => {
    if ((request.service ?? '') !== '') throw new RpcFailure(Code.notFound, 'unknown service')
    return { status: 'SERVING' }
  }
}
