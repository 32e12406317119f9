import http from 'node:http'

/** The floor under every figure: discards what it is sent, and sends as many bytes from memory as the path's number says. */
const bodies = new Map<number, Buffer>()
const server = http.createServer((req, res) => {
  if (req.method === 'GET') {
    const size = Number(/size-(\d+)/.exec(req.url ?? '')?.[1] ?? 0)
    const body = bodies.get(size) ?? Buffer.alloc(size, 'x')
    bodies.set(size, body)
    res.writeHead(200, ['Content-Length', String(size), 'ETag', '"0123456789abcdef0123456789abcdef"'])
    res.end(body)
    return
  }
  req.on('data', () => undefined)
  req.on('end', () => {
    res.writeHead(200, ['Content-Length', '0'])
    res.end()
  })
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (address !== null && typeof address === 'object') process.stdout.write(`listening on http://127.0.0.1:${String(address.port)}\n`)
})
process.on('SIGTERM', () => { process.exit(0) })
