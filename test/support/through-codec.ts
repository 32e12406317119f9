import { deepStrictEqual } from 'node:assert'
import { methodOf } from '../../lib/pfs/transports/grpc-methods'
import type { Transport } from '../../lib/pfs/transport'
import type { Rpcs } from '../../lib/wire/messages'

/** Fails every call whose messages, sent over a wire, would arrive as anything else than what was handed over. */
export function throughCodec(transport: Transport): Transport {
  return {
    unary: async (path, request, options) => {
      checkRequest(path, request)
      const response = await transport.unary(path, request, options)
      checkResponse(path, response)
      return response
    },
    serverStream: (path, request, options) => {
      checkRequest(path, request)
      const source = transport.serverStream(path, request, options)
      return {
        start: (receiver) => source.start({
          data: (message) => { checkResponse(path, message); return receiver.data(message) },
          end: () => receiver.end(),
          fail: (error) => receiver.fail(error),
        }),
        resume: () => source.resume(),
        cancel: () => source.cancel(),
      }
    },
    clientStream: (path, options) => {
      const stream = transport.clientStream(path, options)
      return {
        send: (message) => { checkRequest(path, message); return stream.send(message) },
        end: async () => {
          const answer = await stream.end()
          checkResponse(path, answer.response)
          return answer
        },
        abort: () => stream.abort(),
      }
    },
    close: () => transport.close(),
    ordered: transport.ordered,
  }
}

function checkRequest<Path extends keyof Rpcs>(path: Path, request: Rpcs[Path]['request']): void {
  const method = methodOf(path)
  deepStrictEqual(method.requestDeserialize(method.requestSerialize(request)), request, `a request of ${path}`)
}

function checkResponse<Path extends keyof Rpcs>(path: Path, response: Rpcs[Path]['response']): void {
  const method = methodOf(path)
  deepStrictEqual(method.responseDeserialize(method.responseSerialize(response)), response, `a response of ${path}`)
}
