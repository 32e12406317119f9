import http from 'node:http'

export interface Answer {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  readonly body: Buffer
}

/** A plain, unsigned HTTP client that keeps its connections: what S3 looks like without an SDK's politeness. */
export class HttpClient {
  private readonly agent: http.Agent
  private readonly port: number

  constructor(port: number, sockets = 64) {
    this.port = port
    this.agent = new http.Agent({ keepAlive: true, maxSockets: sockets })
  }

  /** Rejects when the connection breaks before the whole answer is there. `target` is sent as it is. */
  request(method: string, target: string, body?: Buffer | string, headers: Record<string, string> = {}): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const length: Record<string, string> = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
      const options = { host: '127.0.0.1', port: this.port, agent: this.agent, method, path: target, headers: { ...length, ...headers } }
      const request = http.request(options, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => { chunks.push(chunk) })
        response.on('end', () => {
          if (response.complete) resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) })
          else reject(new Error('the answer was cut'))
        })
        response.on('error', reject)
      })
      request.on('error', reject)
      request.end(body)
    })
  }

  close(): void {
    this.agent.destroy()
  }
}

/** Text of every element of that name, XML entities taken back. */
export function elements(xml: Buffer | string, name: string): string[] {
  const found = String(xml).matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, 'g'))
  return [...found].map((match) => (match[1] ?? '').replaceAll('&quot;', '"').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&'))
}
