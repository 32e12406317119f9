import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { canonicalHeaders, canonicalQuery, parseParameters } from '../../lib/auth/canonical'
import { sign } from '../../lib/auth/signature'
import { deriveSigningKey, scopeText } from '../../lib/auth/signing-key'
import { Head } from '../../lib/kit/head'

interface Case {
  readonly name: string
  readonly form: 'header' | 'query'
  readonly context: {
    readonly credentials: { readonly secret_access_key: string }
    readonly normalize: boolean
    readonly region: string
    readonly service: string
    readonly omit_session_token?: boolean
  }
  readonly request: string
  readonly signature: string
}

/** The suite's requests are HTTP written down loosely: bare UTF-8 and blanks in the target, values folded over several lines. */
function parseRequest(text: string): { head: Head, body: string } {
  const bytes = Buffer.from(text, 'utf8').toString('latin1').replace(/\r\n/g, '\n')
  const end = bytes.indexOf('\n\n')
  const [line = '', ...lines] = (end === -1 ? bytes : bytes.slice(0, end)).replace(/\n[ \t]+/g, ' ').trimEnd().split('\n')
  const raw = lines.flatMap((field) => [field.slice(0, field.indexOf(':')), field.slice(field.indexOf(':') + 1)])
  const head = new Head(line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1, line.lastIndexOf(' ')), raw)
  return { head, body: end === -1 ? '' : bytes.slice(end + 2) }
}

/** The canonical path of other services than S3, for which the suite is made: encoded once more than it was sent, dot segments resolved. */
function genericPath(path: string, normalize: boolean): string {
  return (normalize ? withoutDotSegments(path) : path).replace(/[^A-Za-z0-9\-._~/]/g, (character) => {
    return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
  })
}

function withoutDotSegments(path: string): string {
  const kept: string[] = []
  for (const segment of path.split('/')) {
    if (segment === '..') kept.pop()
    else if (segment !== '.' && segment !== '') kept.push(segment)
  }
  const directory = kept.length > 0 && /\/\.{0,2}$/.test(path)
  return `/${kept.join('/')}${directory ? '/' : ''}`
}

// The fixture is a copy of a published suite; a wrong shape fails every test below.
const { cases } = JSON.parse(readFileSync(join(__dirname, '../fixtures/sigv4/suite.json'), 'utf8')) as { cases: readonly Case[] }
t.equal(cases.length, 76, 'the suite is complete')

for (const { name, form, context, request, signature } of cases) {
  t.test(`generic suite: ${name}`, (t) => {
    const { head, body } = parseRequest(request)
    const parameters = parseParameters(head.query)
    const value = (parameter: string): string | undefined => parameters.find((one) => one.name === parameter)?.value
    const names = form === 'header'
      ? /SignedHeaders=([^,]*)/.exec(head.get('authorization') ?? '')?.[1]
      : decodeURIComponent(value('X-Amz-SignedHeaders') ?? '')
    const timestamp = (form === 'header' ? head.get('x-amz-date') : value('X-Amz-Date')) ?? ''
    const unsigned = context.omit_session_token === true ? ['X-Amz-Signature', 'X-Amz-Security-Token'] : ['X-Amz-Signature']
    const scope = { date: timestamp.slice(0, 8), region: context.region, service: context.service }
    const path = genericPath(head.path, context.normalize)
    const computed = sign(path, {
      method: head.method,
      paths: [path],
      query: canonicalQuery(parameters.filter((one) => !unsigned.includes(one.name))),
      headers: canonicalHeaders(head, (names ?? '').split(';')),
      signedHeaders: names ?? '',
      payloadHash: createHash('sha256').update(body, 'latin1').digest('hex'),
    }, { timestamp, scope: scopeText(scope) }, deriveSigningKey(context.credentials.secret_access_key, scope))
    t.equal(computed, signature)
    t.end()
  })
}
