import { randomBytes } from 'node:crypto'
import type { Keys } from './auth/keys'
import { verify } from './auth/verify'
import type { Grant } from './auth/grant'
import type { Delivery, Exchange } from './http/exchange'
import type { Budget } from './kit/budget'
import type { Reply } from './kit/reply'
import type { RequestEvent, Subscriber } from './observe'
import type { Operation } from './operations/operation'
import { toS3Error } from './operations/failure'
import type { Pfs } from './pfs/contract'
import { S3Error } from './s3/error'
import { errorReply } from './s3/error-reply'
import { checkFraming } from './s3/framing'
import { withHoistedFields } from './s3/hoisted'
import { parseQuery } from './s3/query'
import { type OperationName, route } from './s3/route'
import { openBody } from './stream/body'
import { BodyLost } from './stream/body-lost'
import { collect } from './stream/collect'
import { planBody } from './stream/plan'

interface GatewayOptions {
  readonly table: Readonly<Partial<Record<OperationName, Operation>>>
  readonly pfs: Pfs
  /** What all documents that are being read share. */
  readonly documents: Budget
  /** Asked at each request: the keys may be read again while the gateway runs. */
  readonly keys: () => Keys
  readonly domain: string | undefined
  /** ms since 1970. */
  readonly now: () => number
  readonly observe: Subscriber
}

/** What the spine learns of a request on its way; the event at the end tells it. */
interface Journey {
  /** By the process's own clock. */
  readonly began: number
  operation: OperationName | undefined
  /** Where only one bucket is involved. */
  bucket: string | undefined
  key: string | undefined
  uploadId: string | undefined
  who: string | undefined
  code: string | undefined
  fault: unknown
}

/** The life of every request, from its head to its one event. The only place that catches. */
export function gateway(options: GatewayOptions): (exchange: Exchange) => void {
  const nextId = requestIds()
  return (exchange) => {
    const requestId = nextId()
    const journey: Journey = {
      began: performance.now(), operation: undefined, bucket: undefined, key: undefined, uploadId: undefined, who: undefined,
      code: undefined, fault: undefined,
    }
    answer(options, exchange, journey)
      .catch((error: unknown) => refuse(error, exchange, requestId, journey))
      .then((reply) => deliver(reply, exchange, requestId, journey))
      .then((delivered) => { options.observe(eventOf(exchange, requestId, journey, delivered)) })
      .catch((error: unknown) => { process.emitWarning(error instanceof Error ? error : String(error)) })
  }
}

async function answer(options: GatewayOptions, exchange: Exchange, journey: Journey): Promise<Reply> {
  checkFraming(exchange.head, exchange.httpVersion)
  const query = parseQuery(exchange.head.query)
  const head = withHoistedFields(exchange.head, query)
  const { operation: name, scope } = route(head, query, options.domain)
  journey.operation = name
  if (scope.kind !== 'service' && !head.has('x-amz-copy-source')) journey.bucket = scope.bucket
  if (scope.kind === 'object') journey.key = scope.key
  journey.uploadId = query.get('uploadId')
  const grant = verify(exchange.head, { keys: options.keys(), now: options.now() })
  journey.who = whoOf(grant)
  const operation = options.table[name]
  if (operation === undefined) throw new S3Error('NotImplemented', {}, { message: `${name} is not implemented.` })
  if (operation.permission === 'write' && grant.access !== 'full') throw new S3Error('AccessDenied')
  const plan = planBody(head, grant.payload, operation.body)
  const body = openBody(plan, exchange.body)
  const collected = operation.body.kind === 'xml' ? await collect(body, operation.body.bytesMax, options.documents) : noDocument
  const call = { scope, head, query, body, xml: collected.bytes, pfs: options.pfs, secure: exchange.secure, gone: () => exchange.gone() }
  // The table and the route agree on the scope of every operation: a test crosses them.
  const run = operation.run as (call: unknown) => Promise<Reply>
  try {
    return await run(call)
  } finally {
    collected.release()
  }
}

const noDocument = { bytes: Buffer.alloc(0), release: () => undefined }

/** Anything thrown becomes a reply here, once: a refusal as it is, weather by its kind, a bug as a bare 500. */
function refuse(error: unknown, exchange: Exchange, requestId: string, journey: Journey): Reply {
  const refusal = error instanceof BodyLost ? new S3Error('IncompleteBody') : toS3Error(error) ?? new S3Error('InternalError')
  journey.code = refusal.code
  if (refusal.status >= 500 && refusal !== error) journey.fault = error
  const { path, method } = exchange.head
  const { bucket, key, uploadId } = journey
  return errorReply(refusal, { resource: path, requestId, hostId, head: method === 'HEAD', bucket, key, uploadId })
}

/** A reply whose body fails before its first byte gives way to the refusal that says so. */
async function deliver(reply: Reply, exchange: Exchange, requestId: string, journey: Journey): Promise<Delivered> {
  const delivery = await exchange.reply(withIds(reply, requestId))
  if (delivery.begun || delivery.failure === undefined) return { reply, delivery }
  const refusal = refuse(delivery.failure, exchange, requestId, journey)
  return { reply: refusal, delivery: await exchange.reply(withIds(refusal, requestId)) }
}

function whoOf(grant: Grant): string {
  return grant.identity.kind === 'key' ? grant.identity.name : 'anonymous'
}

interface Delivered { readonly reply: Reply, readonly delivery: Delivery }

function eventOf(exchange: Exchange, requestId: string, journey: Journey, end: Delivered): RequestEvent {
  return {
    requestId, operation: journey.operation, method: exchange.head.method, target: exchange.head.target, peer: exchange.peer,
    who: journey.who, status: end.reply.status, code: journey.code, version: versionOf(end.reply),
    bytesReceived: exchange.bytesReceived(), bytesSent: end.delivery.bytesSent, whole: end.delivery.whole,
    ms: performance.now() - journey.began, fault: journey.fault ?? end.delivery.failure,
  }
}

function versionOf(reply: Reply): string | undefined {
  return reply.headers.find(([name]) => name === 'x-amz-version-id')?.[1]
}

/** Identifies this process in every answer, as S3's hosts do. */
const hostId = randomBytes(24).toString('base64')

function withIds({ status, headers, body }: Reply, requestId: string): Reply {
  return { status, body, headers: [...headers, ...ownHeaders, ['x-amz-request-id', requestId]] }
}

/** What every answer carries. No browser is to guess a type for an object that was stored with another. */
const ownHeaders = [['Server', 'pfs-s3'], ['x-amz-id-2', hostId], ['X-Content-Type-Options', 'nosniff']] as const

/** 16 upper-case hex digits: eight random ones of this process, then a count. */
function requestIds(): () => string {
  const process = randomBytes(4).toString('hex').toUpperCase()
  let count = 0
  return () => process + (count = (count + 1) >>> 0).toString(16).toUpperCase().padStart(8, '0')
}
