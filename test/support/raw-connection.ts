import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** One TCP connection on which a test writes HTTP by hand, stops where it likes, and breaks off as it likes. */
export class RawConnection {
  private readonly socket: Socket
  private text = ''
  private lost = false
  private readonly closed: Promise<unknown>

  private constructor(socket: Socket) {
    this.socket = socket
    socket.on('error', () => { this.lost = true })
    socket.on('data', (chunk: Buffer) => { this.text += chunk.toString('latin1') })
    this.closed = new Promise((resolve) => { socket.once('close', resolve) })
  }

  static async open(port: number): Promise<RawConnection> {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    return new RawConnection(socket)
  }

  /** The request line and its fields. */
  head(method: string, target: string, headers: Record<string, string> = {}): Promise<void> {
    const fields = Object.entries({ Host: 'localhost', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`).join('')
    return this.write(Buffer.from(`${method} ${target} HTTP/1.1\r\n${fields}\r\n`))
  }

  /** Resolves when the kernel has taken it, or the connection is lost. */
  write(bytes: Buffer): Promise<void> {
    return new Promise((resolve) => {
      if (this.lost || this.socket.destroyed) resolve()
      else {
        this.socket.write(bytes, () => { resolve() })
        void this.closed.then(() => { resolve() })
      }
    })
  }

  /** Reads nothing from now on: the peer's writes pile up. */
  stall(): void {
    this.socket.pause()
  }

  /** All that came so far, as latin1. */
  received(): string {
    return this.text
  }

  /** Closes the connection: FIN, or RST. Resolves when it is closed on this side. */
  async breakOff(how: 'fin' | 'rst'): Promise<void> {
    if (how === 'rst') this.socket.resetAndDestroy()
    else this.socket.destroySoon()
    this.socket.resume()
    await this.closed
  }

  /** Resolves when the peer has closed. */
  async whenClosed(): Promise<void> {
    await this.closed
  }
}
