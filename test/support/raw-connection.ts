import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { connect as connectSecurely, TLSSocket } from 'node:tls'

interface RawAnswer {
  readonly status: number
  readonly body: string
  /** The code of an error document, or ''. */
  readonly code: string
  /** Value of the field of that lower-case name; undefined if absent, joined with ', ' if repeated. */
  field(name: string): string | undefined
}

/**
 * One TCP connection on which every byte is the test's own: it writes HTTP by hand, stops where it likes and breaks off as it likes.
 * What comes back is read by the plainest rules of HTTP/1.1, so that a split or doubled answer shows.
 */
export class RawConnection {
  /** Interim answers (1xx) so far. */
  readonly interim: number[] = []
  readonly socket: Socket
  private unread = Buffer.alloc(0)
  /** The peer sends no more: it has closed its side, or the connection is lost. */
  private over = false
  private readonly gone: Promise<unknown>
  private wake: () => void = () => undefined

  private constructor(socket: Socket) {
    this.socket = socket
    this.gone = new Promise((resolve) => { socket.once('close', resolve) })
    socket.on('data', (chunk: Buffer) => {
      this.unread = Buffer.concat([this.unread, chunk])
      this.wake()
    })
    // A reset is one of the ways in which a server may end a connection.
    socket.on('error', () => undefined)
    for (const event of ['end', 'close']) {
      socket.once(event, () => {
        this.over = true
        this.wake()
      })
    }
  }

  /** `secure`: over TLS, whatever the certificate. */
  static async open(port: number, secure = false): Promise<RawConnection> {
    const to = { port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true }
    const socket = secure ? connectSecurely({ ...to, rejectUnauthorized: false }) : connect(to)
    await once(socket, secure ? 'secureConnect' : 'connect')
    return new RawConnection(socket)
  }

  /** Writes the request line and its fields, Host before all others. */
  head(method: string, target: string, headers: Record<string, string> = {}): Promise<void> {
    const fields = Object.entries({ Host: 'localhost', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`).join('')
    return this.write(`${method} ${target} HTTP/1.1\r\n${fields}\r\n`)
  }

  /** Resolves when the kernel has taken it, or the connection is lost. */
  write(bytes: Buffer | string): Promise<void> {
    return new Promise((resolve) => {
      this.socket.write(bytes, () => { resolve() })
      void this.gone.then(() => { resolve() })
    })
  }

  /** Reads nothing from now on: the peer's writes pile up. */
  stall(): void {
    this.socket.pause()
  }

  /** All that came and that no answer was made of, as Latin-1. */
  received(): string {
    return this.unread.toString('latin1')
  }

  /** The next final answer; undefined when the connection ends without one. `head`: it answers a HEAD. */
  async answer(head = false): Promise<RawAnswer | undefined> {
    for (;;) {
      const found = this.take(head)
      if (found !== undefined) return found
      if (this.over) {
        if (this.unread.length > 0) throw new Error(`no whole answer: ${JSON.stringify(this.received().slice(0, 400))}`)
        return undefined
      }
      await this.more()
    }
  }

  /** Resolves when the server has ended the connection; with what it sent before that and nobody asked for. */
  async closed(): Promise<string> {
    while (!this.over) await this.more()
    this.close()
    return this.received()
  }

  close(): void {
    this.socket.destroy()
  }

  /** Closes the connection from this side, by FIN or by RST. Resolves when it is closed. */
  async breakOff(how: 'fin' | 'rst'): Promise<void> {
    if (this.socket instanceof TLSSocket) this.socket.destroy()
    else if (how === 'rst') this.socket.resetAndDestroy()
    else this.socket.destroySoon()
    this.socket.resume()
    await this.gone
  }

  private more(): Promise<void> {
    return new Promise((resolve) => { this.wake = resolve })
  }

  private take(head: boolean): RawAnswer | undefined {
    for (;;) {
      const end = this.unread.indexOf('\r\n\r\n')
      if (end === -1) return undefined
      const [statusLine = '', ...lines] = this.unread.toString('latin1', 0, end).split('\r\n')
      const match = /^HTTP\/1\.1 (\d{3}) [A-Z]/.exec(statusLine)
      if (match === null) throw new Error(`no status line: ${JSON.stringify(statusLine)}`)
      const status = Number(match[1])
      const field = (name: string): string | undefined => {
        const values = lines.filter((line) => line.toLowerCase().startsWith(`${name}:`)).map((line) => line.slice(name.length + 1).trim())
        return values.length === 0 ? undefined : values.join(', ')
      }
      const length = head || status < 200 || status === 204 || status === 304 ? 0 : Number(field('content-length') ?? NaN)
      if (Number.isNaN(length)) throw new Error(`no length: ${lines.join('\n')}`)
      if (this.unread.length < end + 4 + length) return undefined
      const body = this.unread.toString('utf8', end + 4, end + 4 + length)
      this.unread = this.unread.subarray(end + 4 + length)
      if (status < 200) this.interim.push(status)
      else return { status, body, code: /<Code>(\w+)<\/Code>/.exec(body)?.[1] ?? '', field }
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
