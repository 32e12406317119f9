import { Metadata, Server, ServerCredentials, type ServerReadableStream, type ServerUnaryCall, type ServerWritableStream, type sendUnaryData } from '@grpc/grpc-js'
import { methodOf } from '../../lib/pfs/grpc-methods'
import type { HandlerContext, Inlet, Outlet, RpcTable } from '../../lib/pfs/transport'
import { rpcKinds, type Rpcs } from '../../lib/wire/messages'

/** A table behind a real gRPC server on a free port of the loopback: enough to test a client with, and no more. */
export async function serveTable(table: RpcTable): Promise<{ address: string, stop: () => void }> {
  const server = new Server({ 'grpc.max_receive_message_length': -1 })
  const definition: Record<string, any> = {}
  const handlers: Record<string, any> = {}
  for (const [path, handler] of Object.entries(table)) {
    const kind = rpcKinds[path as keyof Rpcs]
    const method = methodOf(path as keyof Rpcs)
    definition[path] = {
      path, requestStream: kind === 'client-stream', responseStream: kind === 'server-stream',
      requestSerialize: method.serializeRequest, requestDeserialize: method.deserializeRequest,
      responseSerialize: method.serializeResponse, responseDeserialize: method.deserializeResponse,
    }
    handlers[path] = kind === 'unary' ? unary(handler) : kind === 'server-stream' ? serverStream(handler) : clientStream(handler)
  }
  server.addService(definition, handlers)
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => error === null ? resolve(port) : reject(error))
  })
  return { address: `grpc://127.0.0.1:${port}`, stop: () => server.forceShutdown() }
}

function contextOf(metadata: Metadata): HandlerContext & { answers: Metadata } {
  const answers = new Metadata()
  const sent = Object.fromEntries(Object.entries(metadata.getMap()).map(([name, value]) => [name, value.toString()]))
  return { metadata: sent, answers, answer: (name, value) => answers.set(name, value) }
}

function unary(handler: any) {
  return (call: ServerUnaryCall<any, any>, callback: sendUnaryData<any>) => {
    const context = contextOf(call.metadata)
    Promise.resolve().then(() => handler(call.request, context)).then((response) => callback(null, response, context.answers), (error) => callback(error))
  }
}

function serverStream(handler: any) {
  return (call: ServerWritableStream<any, any>) => {
    call.setMaxListeners(0)
    const out: Outlet<any> = {
      get cancelled() { return call.cancelled },
      send: (message) => {
        if (call.cancelled || call.write(message)) return undefined
        return new Promise((resolve) => { call.once('drain', resolve); call.once('cancelled', resolve) })
      },
    }
    Promise.resolve().then(() => handler(call.request, out, contextOf(call.metadata))).then(() => call.end(), (error) => call.emit('error', error))
  }
}

function clientStream(handler: any) {
  return (call: ServerReadableStream<any, any>, callback: sendUnaryData<any>) => {
    const context = contextOf(call.metadata)
    let inlet: Inlet<any, any> | undefined
    let over = false
    const fail = (error: any) => {
      if (over) return
      over = true
      inlet?.abort()
      callback(error)
    }
    try {
      inlet = handler(context) as Inlet<any, any>
    } catch (error) {
      fail(error)
      return
    }
    const taking = inlet
    let tail = Promise.resolve()
    call.on('data', (message) => {
      tail = tail.then(() => over ? undefined : taking.message(message)).catch(fail)
    })
    call.on('end', () => {
      tail = tail.then(async () => {
        if (over || call.cancelled) return fail({ code: 1, details: 'cancelled' })
        over = true
        try {
          callback(null, await taking.end(), context.answers)
        } catch (error) {
          callback(error as Error)
        }
      })
    })
    call.on('cancelled', () => fail({ code: 1, details: 'cancelled' }))
  }
}
