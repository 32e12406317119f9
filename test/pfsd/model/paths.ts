import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { RpcFailure } from '../../../lib/pfsd/failure'
import { parseAncestry } from '../../../lib/pfsd/model/ancestry'
import { checkCommitKey, checkName, checkProjectName, isCommitId, isCommitIdReference } from '../../../lib/pfsd/model/names'
import { pathRules } from '../../../lib/pfsd/model/paths'

const pachd = pathRules('pachd')
const s3 = pathRules('s3')

function outcome(work: () => void): { readonly code: number, readonly message: string } {
  try {
    work()
    return { code: 0, message: '' }
  } catch (error) {
    if (error instanceof RpcFailure) return { code: error.code, message: error.details }
    throw error
  }
}

function recorded(file: string, name: string): readonly Readonly<Record<string, unknown>>[] {
  // The fixture's own form.
  const cases = JSON.parse(readFileSync(join(__dirname, '../../fixtures/pachd', file), 'utf8')) as { name: string, steps: Record<string, unknown>[] }[]
  return cases.find((each) => each.name === name)?.steps ?? []
}

t.test('every byte is taken or refused as pachd does', (t) => {
  // As recorded: by code point, `code: text`, or what it was stored as.
  const results = recorded('paths.json', 'every-byte')[0]?.['results'] as Record<string, string>
  t.equal(Object.keys(results).length, 256)
  for (const [code, expected] of Object.entries(results)) {
    const path = `/p${String.fromCodePoint(Number(code))}q`
    const { code: status, message } = outcome(() => { pachd.written(path) })
    if (expected === 'OK') t.equal(status, 0, code)
    else t.equal(`${status}: ${message}`, expected.replaceAll('<path>', path), code)
  }
  t.end()
})

t.test('a name may be as long as pachd lets it be', (t) => {
  for (const step of recorded('errors.json', 'name-lengths')) {
    const name = 'n'.repeat(Number(step['name_length']))
    t.same(outcome(() => { checkName(name) }), step['createRepo'])
    const { code, message } = outcome(() => { checkCommitKey('default', name, 'user') })
    t.same({ code, message: code === 0 ? '' : `create commit: ${message}` }, step['modifyFile'], String(name.length))
  }
  t.end()
})

t.test('project names', (t) => {
  for (const name of ['default', 'a', '9-_', 'p'.repeat(51)]) t.equal(outcome(() => { checkProjectName(name) }).code, 0)
  for (const name of ['', '-a', '_a', 'a.b', 'p'.repeat(52), 'ü']) t.equal(outcome(() => { checkProjectName(name) }).code, 2)
  t.end()
})

t.test('what is a commit id', (t) => {
  const id = '0123456789ab4cdef0123456789abcde'
  t.ok(isCommitId(id))
  t.notOk(isCommitId(id.toUpperCase()))
  t.ok(isCommitIdReference(id.toUpperCase()))
  for (const other of ['', id.slice(1), id + '0', id.replace('4', '5').replace('b4', 'b5'), 'g' + id.slice(1)]) t.notOk(isCommitId(other), other)
  t.end()
})

t.test('in our setting a path is what was sent, and nothing else is it', (t) => {
  const key = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }).filter((text) => !text.includes('\0') && !/\p{Cs}/u.test(text) && text !== '/')
  fc.assert(fc.property(key, (text) => s3.written('/' + text) === '/' + text && s3.copied('/' + text) === '/' + text && s3.read('/' + text) === '/' + text),
    { numRuns: 500, seed: 3 })
  t.equal(s3.written('a'), '/a')
  t.end()
})

t.test("pachd's cleaning folds once and for all", (t) => {
  const text = fc.array(fc.constantFrom('a', 'bc', '/', '//', '.', '..', ' '), { maxLength: 12 }).map((parts) => parts.join(''))
  fc.assert(fc.property(text, (path) => {
    const clean = pachd.read(path)
    return clean.startsWith('/') && pachd.read(clean) === clean && !clean.slice(1).split('/').includes(clean === '/' ? '-' : '')
      && !clean.split('/').some((segment) => segment === '.' || segment === '..')
  }), { numRuns: 500, seed: 4 })
  for (const [path, clean] of [['', '/'], ['a//b/', '/a/b'], ['/a/./b/../c', '/a/c'], ['../..', '/'], ['/.a/..b', '/.a/..b']] as const) {
    t.equal(pachd.read(path), clean)
  }
  t.end()
})

t.test('ancestry', (t) => {
  const parsed = (text: string): unknown => parseAncestry(text, text)
  t.same(parsed('master'), { name: 'master', fromRoot: undefined, up: 0 })
  for (const [text, up] of [['m^', 1], ['m^^', 2], ['m^3', 3], ['m~', 1], ['m~~~', 3], ['m~2', 2], ['m^0', 0]] as const) {
    t.same(parsed(text), { name: 'm', fromRoot: undefined, up }, text)
  }
  t.same(parsed('m.3'), { name: 'm', fromRoot: 3, up: 0 })
  t.same(parsed('m.3^2'), { name: 'm', fromRoot: 3, up: 2 })
  for (const text of ['a.b', 'm^x', 'm^~', 'm.2^2', 'm.', 'm^2^', 'm.1.2']) {
    const message = 'calculate offset default/r@x: count offset and clean: invalid ancestry format'
    t.match(outcome(() => { parseAncestry(text, 'default/r@x') }), { code: 2, message }, text)
  }
  t.end()
})
