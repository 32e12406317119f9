import { readFile } from 'node:fs/promises'
import type { Socket } from 'node:net'

/** Where Linux lists the TCP connections of this process's network, those over IPv4 and those over IPv6. */
const tables = ['/proc/self/net/tcp', '/proc/self/net/tcp6']

/** A row: its number, both addresses with their ports, the state, and what is on the way out. */
const row = /^ *\d+: [0-9A-F]+:([0-9A-F]{4}) [0-9A-F]+:([0-9A-F]{4}) [0-9A-F]{2} ([0-9A-F]{8}):/gm

/**
 * What the kernel holds of each connection that its peer has not taken, in bytes, by `connectionOf`. It takes megabytes in
 * advance and asks for more when a third of them is gone, so nothing else tells whether a slow client takes anything. Empty
 * where the system does not say; never rejects.
 */
export async function sendQueues(): Promise<ReadonlyMap<number, number>> {
  const queues = new Map<number, number>()
  for (const table of tables) {
    const text = await readFile(table, 'latin1').catch(() => '')
    for (const [, local = '', remote = '', queue = ''] of text.matchAll(row)) {
      const connection = parseInt(local + remote, 16)
      queues.set(connection, (queues.get(connection) ?? 0) + parseInt(queue, 16))
    }
  }
  return queues
}

/** One number for both ports. Peers at two addresses with one port share it: then each looks as alive as the livelier one. */
export function connectionOf({ localPort, remotePort }: Socket): number | undefined {
  return localPort === undefined || remotePort === undefined ? undefined : localPort * 0x10000 + remotePort
}
