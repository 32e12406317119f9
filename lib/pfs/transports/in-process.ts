import type { Rpcs } from '../../wire/messages'
import { CallContext, rpcErrorOf } from './call-context'
import { HandledStream } from './handled-stream'
import { HandledUpload } from './handled-upload'
import {
  RpcError, RpcStatus,
  type CallOptions, type ClientStreamHandler, type RpcTable, type ServerStreamHandler, type Transport, type UnaryHandler,
} from '../transport'

/**
 * A transport that hands message objects to the handlers of a table: no socket, no codec, no copy. It keeps the promises that
 * a network would make by itself: no receiver is called from within `start`, an answer is never there before its caller has
 * returned, what was sent before a failure arrives before it, and a consumer that pauses stops its handler, by bytes.
 * `giveBack` takes content that was read and is of no more use to its reader.
 */
export function inProcess(table: RpcTable, giveBack?: (bytes: Buffer) => void): Transport {
  // RpcTable's types depend on the path, which is generic in each call; Transport's signatures hold path, request and response together.
  const handlers = table as Readonly<Record<string, unknown>>
  return {
    unary: <Path extends keyof Rpcs>(path: Path, request: Rpcs[Path]['request'], options?: CallOptions) => {
      // As above: the handler at a unary path is the unary handler of that path.
      const handler = handlers[path] as UnaryHandler<Rpcs[Path]['request'], Rpcs[Path]['response']> | undefined
      return callUnary(handler ?? missing(path), request, options)
    },
    serverStream: <Path extends keyof Rpcs>(path: Path, request: Rpcs[Path]['request'], options?: CallOptions) => {
      // As above.
      const handler = handlers[path] as ServerStreamHandler<Rpcs[Path]['request'], Rpcs[Path]['response']> | undefined
      return new HandledStream(handler ?? missing(path), request, options)
    },
    clientStream: <Path extends keyof Rpcs>(path: Path, options?: CallOptions) => {
      // As above.
      const handler = handlers[path] as ClientStreamHandler<Rpcs[Path]['request'], Rpcs[Path]['response']> | undefined
      return new HandledUpload(handler ?? missing(path), options)
    },
    ...giveBack === undefined ? {} : { giveBack },
    close: () => undefined,
    ordered: true,
  }
}

function missing(path: string): () => never {
  return () => { throw new RpcError(RpcStatus.unimplemented, `The server does not implement the method ${path}`) }
}

function callUnary<Request, Response>(
  handler: UnaryHandler<Request, Response>, request: Request, options: CallOptions | undefined,
): Promise<Response> {
  const context = new CallContext(options)
  let response: Response | Promise<Response>
  try {
    response = handler(request, context)
  } catch (error) {
    return Promise.reject(rpcErrorOf(error))
  }
  if (!(response instanceof Promise)) return Promise.resolve(response)
  const answered = response.catch((error: unknown) => { throw rpcErrorOf(error) })
  return options?.idleMsMax === undefined ? answered : before(options.idleMsMax, answered, () => context.leave())
}

/** The result, unless the deadline comes first; the handler is not stopped, and its answer then reaches nobody. */
function before<Result>(msMax: number, result: Promise<Result>, leave: () => void): Promise<Result> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new RpcError(RpcStatus.deadlineExceeded, `Deadline exceeded after ${msMax} ms`))
      leave()
    }, msMax)
    result.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
