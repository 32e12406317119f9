import net from 'node:net'
import t from 'tap'
import { listen } from '../../lib/http/listener'
import { noBody } from '../../lib/kit/reply'

const readBytes = 64 * 1024
const crumb = '1\r\nx\r\n'

t.test('a body in crumbs brings no more than a read of its socket before others have their turn, and comes whole', async (t) => {
  const crumbs = 10 * readBytes / crumb.length | 0
  let total = 0
  let inTurn = 0
  let inTurnMax = 0
  const over = new Promise<string>((resolve, reject) => {
    listen({ host: '127.0.0.1', port: 0 }, (exchange) => {
      const turn = (): void => {
        inTurn = 0
        if (!exchange.gone()) setImmediate(turn)
      }
      turn()
      exchange.body.start({
        data(chunk) {
          total += chunk.length
          inTurnMax = Math.max(inTurnMax, ++inTurn)
        },
        end() { void exchange.reply({ status: 200, headers: [], body: noBody }) },
        lost() { reject(new Error('lost')) },
      })
    }).then((listener) => {
      t.teardown(() => listener.drain(0))
      const socket = net.connect(listener.port, '127.0.0.1')
      socket.on('data', (answer: Buffer) => { resolve(answer.toString('latin1')) })
      socket.write(`PUT / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n${crumb.repeat(crumbs)}0\r\n\r\n`)
    }, reject)
  })
  t.match(await over, /^HTTP\/1\.1 200 /)
  t.equal(total, crumbs)
  t.ok(inTurnMax <= Math.ceil(readBytes / crumb.length), String(inTurnMax))
})

t.test('many bodies in crumbs at once come whole, and a rest is told from silence', async (t) => {
  const piece = `64\r\n${'x'.repeat(100)}\r\n`
  const pieces = 1000
  let whole = 0
  let rested = 0
  const listener = await listen({ host: '127.0.0.1', port: 0 }, (exchange) => {
    let total = 0
    const watch = setInterval(() => { if (exchange.body.resting()) rested++ }, 1)
    exchange.body.start({
      data(chunk) { total += chunk.length },
      end() {
        clearInterval(watch)
        if (total === 100 * pieces) whole++
        void exchange.reply({ status: 200, headers: [], body: noBody })
      },
      lost() { t.fail('lost') },
    })
  })
  t.teardown(() => listener.drain(0))
  const head = 'PUT / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n'
  const send = (): Promise<void> => new Promise((resolve) => {
    const socket = net.connect(listener.port, '127.0.0.1')
    socket.on('close', () => { resolve() }).resume()
    socket.write(`${head}${piece.repeat(pieces)}0\r\n\r\n`)
  })
  await Promise.all(Array.from({ length: 40 }, send))
  t.equal(whole, 40)
  t.ok(rested > 0)
})
