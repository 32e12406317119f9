import { connect, type Socket } from 'node:net'
import { once } from 'node:events'
import { HttpClient } from './http-client'

interface RawAnswer {
  readonly status: number
  /** Lines of the head behind the status line, as they came. */
  readonly lines: readonly string[]
  readonly body: string
  /** The code of an error document, or ''. */
  readonly code: string
  /** Value of the field of that lower-case name; undefined if absent, joined with ', ' if repeated. */
  field(name: string): string | undefined
}

/**
 * A connection on which every byte is the test's own. What comes back is read by the plainest rules of HTTP/1.1, so that a split or
 * doubled answer shows.
 */
export class RawConnection {
  /** Interim answers (1xx) so far. */
  readonly interim: number[] = []
  readonly socket: Socket
  private received = Buffer.alloc(0)
  private over = false
  private wake: () => void = () => undefined

  private constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (chunk: Buffer) => {
      this.received = Buffer.concat([this.received, chunk])
      this.wake()
    })
    // A reset is one of the ways in which a server may end a connection.
    socket.on('error', () => undefined)
    for (const event of ['end', 'close']) socket.once(event, () => {
      this.over = true
      this.wake()
    })
  }

  static async open(port: number): Promise<RawConnection> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true })
    await once(socket, 'connect')
    return new RawConnection(socket)
  }

  write(bytes: Buffer | string): Promise<void> {
    return new Promise((resolve) => { this.socket.write(bytes, () => { resolve() }) })
  }

  /** The next final answer; undefined when the connection ends without one. `head`: it answers a HEAD. */
  async answer(head = false): Promise<RawAnswer | undefined> {
    for (;;) {
      const found = this.take(head)
      if (found !== undefined) return found
      if (this.over) {
        if (this.received.length > 0) throw new Error(`no whole answer: ${JSON.stringify(this.received.toString('latin1').slice(0, 400))}`)
        return undefined
      }
      await this.more()
    }
  }

  /** Resolves when the server has ended the connection; with what it sent before that and nobody asked for. */
  async closed(): Promise<string> {
    while (!this.over) await this.more()
    this.socket.destroy()
    return this.received.toString('latin1')
  }

  close(): void {
    this.socket.destroy()
  }

  private more(): Promise<void> {
    return new Promise((resolve) => { this.wake = resolve })
  }

  private take(head: boolean): RawAnswer | undefined {
    for (;;) {
      const end = this.received.indexOf('\r\n\r\n')
      if (end === -1) return undefined
      const [statusLine = '', ...lines] = this.received.toString('latin1', 0, end).split('\r\n')
      const match = /^HTTP\/1\.1 (\d{3}) [A-Z]/.exec(statusLine)
      if (match === null) throw new Error(`no status line: ${JSON.stringify(statusLine)}`)
      const status = Number(match[1])
      const field = (name: string): string | undefined => {
        const values = lines.filter((line) => line.toLowerCase().startsWith(`${name}:`)).map((line) => line.slice(name.length + 1).trim())
        return values.length === 0 ? undefined : values.join(', ')
      }
      const length = head || status < 200 || status === 204 || status === 304 ? 0 : Number(field('content-length') ?? NaN)
      if (Number.isNaN(length)) throw new Error(`no length: ${lines.join('\n')}`)
      if (this.received.length < end + 4 + length) return undefined
      const body = this.received.toString('utf8', end + 4, end + 4 + length)
      this.received = this.received.subarray(end + 4 + length)
      if (status < 200) this.interim.push(status)
      else return { status, lines, body, code: /<Code>(\w+)<\/Code>/.exec(body)?.[1] ?? '', field }
    }
  }
}

/** One request on a connection of its own; undefined if it was ended without an answer. */
export async function ask(port: number, bytes: Buffer | string): Promise<RawAnswer | undefined> {
  const connection = await RawConnection.open(port)
  await connection.write(bytes)
  const answer = await connection.answer(Buffer.from(bytes).toString('latin1', 0, 5) === 'HEAD ')
  connection.close()
  return answer
}

/** What a bucket holds and which commit its head is, to be compared before and after. The bucket needs two objects at least. */
export async function stateOf(client: HttpClient, bucket: string): Promise<string> {
  const buckets = await client.request('GET', '/')
  const listing = await client.request('GET', `/${bucket}?list-type=2`)
  // The token of a page names the commit that it is pinned to.
  const page = await client.request('GET', `/${bucket}?list-type=2&max-keys=1`)
  if (listing.status !== 200 || !String(page.body).includes('<NextContinuationToken>')) throw new Error(`cannot see ${bucket}: ${String(page.body)}`)
  return [buckets, listing, page].map(({ body }) => String(body)).join('\n')
}
