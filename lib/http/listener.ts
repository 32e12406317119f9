import http from 'node:http'
import https from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { noBody } from '../kit/reply'
import { limits } from '../limits'
import { Connections } from './connections'
import { connectionsMax, descriptorsMax } from './connections-max'
import { exchangeOf, type Exchange } from './exchange'
import { answerPlainRequest } from './plain-request'
import { Turns } from './turns'
import { writeReply } from './write-reply'

interface ListenOptions {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  /** PEM; absent: plain http. */
  readonly tls?: TlsFiles | undefined
}

interface TlsFiles { readonly cert: Buffer, readonly key: Buffer }

export interface Listener {
  readonly port: number
  /** New connections use this certificate from now on; those that stand keep theirs. */
  setTls(tls: TlsFiles): void
  /** Takes nothing new, lets what is under way finish for at most `msMax`, then ends every connection. */
  drain(msMax: number): Promise<void>
}

/** Opens the endpoint. `serve` gets every well-framed request, those that wait for `100 Continue` included. */
export function listen(options: ListenOptions, serve: (exchange: Exchange) => void): Promise<Listener> {
  const settings = {
    maxHeaderSize: limits.headBytesMax,
    headersTimeout: limits.headersTimeoutMs,
    connectionsCheckingInterval: limits.connectionsCheckMs,
    // No bound on a whole request: bodies have an idle watchdog instead, so that a slow large upload can finish.
    requestTimeout: 0,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    insecureHTTPParser: false,
    // A missing Host is refused with everything else that framing may not be, as S3 answers and with a request id.
    requireHostHeader: false,
    noDelay: true,
  }
  // A drain knows no connection before its handshake is over, and waits for those: their own bound is one for it as well.
  const tlsSettings = { handshakeTimeout: limits.headersTimeoutMs, ...options.tls }
  const server = options.tls === undefined ? http.createServer(settings) : https.createServer({ ...settings, ...tlsSettings })
  // 0 lifts node's silent cut of the field list, under which dropped fields would still frame the body; ours is a refusal.
  server.maxHeadersCount = 0
  server.maxRequestsPerSocket = limits.requestsPerSocketMax
  server.maxConnections = connectionsMax(descriptorsMax())
  const connections = new Connections()
  const turns = new Turns(limits.turnMsMax)
  /** A client that sent a request behind another means that to happen first; and only the answer in front has the socket. */
  const inTurn = (req: http.IncomingMessage, res: http.ServerResponse, answer: () => void): void => {
    const before = connections.owe(req.socket, res)
    // An answer that ends the connection ends the socket too, or does not hand it on: what stands behind it must not happen.
    const answerIfOpen = (): void => { if (res.socket !== null && res.socket.writable) answer() }
    if (before === undefined) turns.run(answerIfOpen)
    else before.once('close', () => { turns.run(answerIfOpen) })
  }
  const end = (req: http.IncomingMessage, res: http.ServerResponse, status: number): void => {
    inTurn(req, res, () => { void writeReply(req, res, { status, headers: [['Connection', 'close']], body: noBody }) })
  }
  const take = (req: http.IncomingMessage, res: http.ServerResponse, expectsContinue: boolean): void => {
    if (parserPassesBlanks && !areNames(req.rawHeaders)) {
      end(req, res, 400)
      return
    }
    const exchange = exchangeOf(req, res, expectsContinue)
    // Nothing but HTTP/1.1 is spoken: an offered upgrade is passed over. node's parser loses what comes behind such a request.
    if (req.headers.upgrade !== undefined) res.shouldKeepAlive = false
    inTurn(req, res, () => { serve(exchange) })
  }
  server.on(options.tls === undefined ? 'connection' : 'secureConnection', (socket: Socket) => { connections.add(readAsStream(socket)) })
  server.on('request', (req: http.IncomingMessage, res: http.ServerResponse) => { take(req, res, false) })
  server.on('checkContinue', (req: http.IncomingMessage, res: http.ServerResponse) => { take(req, res, true) })
  server.on('checkExpectation', (req: http.IncomingMessage, res: http.ServerResponse) => { end(req, res, 417) })
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    if (!connections.has(socket)) {
      if (error.code === 'ERR_SSL_HTTP_REQUEST') answerPlainRequest(socket)
      socket.destroy()
      return
    }
    if (error.code === 'ECONNRESET' || !connections.settleOnly(socket)) refuseFraming(error, socket, connections.answering(socket))
  })
  server.on('connect', (_req, socket: Socket) => { socket.destroy() })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, options.host, () => {
      server.off('error', reject)
      // An endpoint that listens on TCP has an AddressInfo, never a pipe's name.
      const address = server.address() as AddressInfo
      resolve({
        port: address.port,
        setTls(tls) { if (server instanceof https.Server) server.setSecureContext(tls) },
        drain: (msMax) => connections.drain(server, msMax),
      })
    })
  })
}

/**
 * Has a TLS connection feed node's parser by way of its stream, which a listener for its data brings about, and not by a shorter
 * one. By that, TLS hands over the records that it has although the parser was paused, which takes them for an error: a request of
 * several records close upon a long reply ended the connection, where the reply had been written from an immediate or a timer.
 */
function readAsStream(socket: Socket): Socket {
  return 'encrypted' in socket ? socket.on('data', () => undefined) : socket
}

// The parser of node 20 before 20.19.2 takes a field without a name, and a blank before the colon, which the one in front of us
// may read otherwise.
const parserPassesBlanks = Number.parseInt(process.versions['llhttp'] ?? '') < 9

function areNames(rawHeaders: readonly string[]): boolean {
  for (let i = 0; i < rawHeaders.length; i += 2) if (!/^\S+$/.test(rawHeaders[i] ?? '')) return false
  return true
}

/** Bytes that are not HTTP: one line back where no answer has begun, and the connection ends. */
function refuseFraming(error: NodeJS.ErrnoException, socket: Duplex, answering: boolean): void {
  if (!socket.writable || answering || error.code === 'ECONNRESET') {
    socket.destroy()
    return
  }
  const line = error.code === 'HPE_HEADER_OVERFLOW' ? '431 Request Header Fields Too Large'
    : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? '408 Request Timeout' : '400 Bad Request'
  socket.end(`HTTP/1.1 ${line}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => { socket.destroy() })
}
