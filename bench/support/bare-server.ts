import { createHash } from 'node:crypto'
import { close, fdatasync, openSync, write } from 'node:fs'
import http from 'node:http'
import { join } from 'node:path'

/**
 * The floor under every figure: discards what it is sent, and sends as many bytes from memory as the path's number says. What
 * is sent to `/stored` goes through MD5 and SHA-256 into a new file, which is synced before the answer. The file stays until
 * the bench ends: its pages, given back, would be cheaper for the next one than new pages are, which a store has to take.
 */
const bodies = new Map<number, Buffer>()
let stored = 0

function store(req: http.IncomingMessage, done: () => void): void {
  const fd = openSync(join(process.argv[2] ?? '.', `bare-${String(stored++)}`), 'wx')
  const hashes = [createHash('md5'), createHash('sha256')]
  req.on('data', (chunk: Buffer) => {
    for (const hash of hashes) hash.update(chunk)
    req.pause()
    write(fd, chunk, (error) => {
      if (error !== null) throw error
      req.resume()
    })
  })
  req.on('end', () => {
    for (const hash of hashes) hash.digest()
    fdatasync(fd, (error) => {
      if (error !== null) throw error
      close(fd, done)
    })
  })
}

const server = http.createServer((req, res) => {
  if (req.method === 'GET') {
    const size = Number(/size-(\d+)/.exec(req.url ?? '')?.[1] ?? 0)
    const body = bodies.get(size) ?? Buffer.alloc(size, 'x')
    bodies.set(size, body)
    res.writeHead(200, ['Content-Length', String(size), 'ETag', '"0123456789abcdef0123456789abcdef"'])
    res.end(body)
    return
  }
  const answer = (): void => {
    res.writeHead(200, ['Content-Length', '0'])
    res.end()
  }
  if (req.url === '/stored') {
    store(req, answer)
    return
  }
  req.on('data', () => undefined)
  req.on('end', answer)
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (address !== null && typeof address === 'object') process.stdout.write(`listening on http://127.0.0.1:${String(address.port)}\n`)
})
process.on('SIGTERM', () => { process.exit(0) })
