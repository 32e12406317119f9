import type { Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { limits } from '../limits'

/**
 * Which connections stand, and which answers each of them still owes: what a drain needs to know. node's own list of idle
 * connections leaves out those that never sent a request, and a connection that falls idle after the drain began.
 */
export class Connections {
  private readonly open = new Set<Duplex>()
  private readonly owed = new WeakMap<Duplex, Set<ServerResponse>>()
  private draining = false

  add(socket: Socket): void {
    if (this.draining) socket.destroy()
    this.open.add(socket)
    socket.once('close', () => { this.open.delete(socket) })
  }

  /**
   * `socket` owes the client `response` until that closes. Answers what it owed last before, if anything. A client that sends
   * ever more requests behind one that takes long is not read any further: each that waits holds its head in memory.
   */
  owe(socket: Socket, response: ServerResponse): ServerResponse | undefined {
    const owed = this.owed.get(socket) ?? new Set()
    const before = [...owed].at(-1)
    if (owed.size === 0) this.owed.set(socket, owed)
    owed.add(response)
    // Not at once: at the end of each message node makes its socket flow again.
    if (owed.size > limits.pipelinedRequestsMax) setImmediate(() => { if (owed.size > limits.pipelinedRequestsMax) socket.pause() })
    if (this.draining) response.shouldKeepAlive = false
    response.once('close', () => {
      owed.delete(response)
      if (owed.size === limits.pipelinedRequestsMax) socket.resume()
      if (this.draining && owed.size === 0) socket.destroySoon()
    })
    return before
  }

  /** Stands: not one whose handshake was never finished, through which nothing can be said. */
  has(socket: Duplex): boolean {
    return this.open.has(socket)
  }

  /** An answer on this socket has begun and is not over: nothing else may be written to it. */
  answering(socket: Duplex): boolean {
    for (const response of this.owed.get(socket) ?? []) if (response.headersSent && !response.writableFinished) return true
    return false
  }

  /**
   * Nothing more is understood of what comes in. True: requests that came whole before are still owed their answers, after
   * the last of which the connection ends by itself.
   */
  settleOnly(socket: Duplex): boolean {
    const owed = [...this.owed.get(socket) ?? []]
    if (owed.length === 0 || !owed.every((response) => response.req.complete)) return false
    for (const response of owed) if (!response.headersSent) response.shouldKeepAlive = false
    return owed.some((response) => !response.headersSent)
  }

  /** Ends what is idle, lets what is owed be answered for `msMax`, then ends everything. Resolves when all is closed. */
  drain(server: Server, msMax: number): Promise<void> {
    this.draining = true
    return new Promise((resolve) => {
      const timer = setTimeout(() => { for (const socket of this.open) socket.destroy() }, msMax)
      server.close(() => {
        clearTimeout(timer)
        resolve()
      })
      for (const socket of this.open) {
        const owed = this.owed.get(socket)
        if (owed === undefined || owed.size === 0) socket.destroy()
        else for (const response of owed) if (!response.headersSent) response.shouldKeepAlive = false
      }
    })
  }
}
