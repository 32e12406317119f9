import fc from 'fast-check'
import t from 'tap'
import { compileGlob } from '../../../lib/pfsd/model/glob'
import { RpcFailure } from '../../../lib/pfsd/failure'
import { limits } from '../../../lib/pfsd/limits'

const matches: ReadonlyArray<readonly [pattern: string, yes: readonly string[], no: readonly string[]]> = [
  ['/a', ['/a'], ['/', '/b', '/a/b', '/aa']],
  ['/', ['/'], ['/a']],
  ['/**', ['/a', '/a/b', '/a/b/c'], ['/']],
  ['/*', ['/a', '/a.b'], ['/a/b']],
  ['/*.txt', ['/a.txt', '/.txt'], ['/a.txt.gz', '/d/a.txt']],
  ['/**.txt', ['/a.txt', '/d/e/a.txt'], ['/a.tx']],
  ['/a?c', ['/abc', '/a-c'], ['/ac', '/a/c', '/abbc']],
  ['/[ab]*', ['/a', '/bcd'], ['/c', '/a/b']],
  ['/[!ab]', ['/c'], ['/a', '/b', '/cc']],
  ['/[^ab]', ['/c'], ['/a']],
  ['/[a-c0-2]', ['/b', '/1'], ['/d', '/3', '/-']],
  ['/[]a]', ['/]', '/a'], ['/b']],
  ['/[[:digit:]]x', ['/1x'], ['/ax']],
  ['/[[:upper:]_]', ['/A', '/_'], ['/a']],
  ['/{a,b/c,}', ['/a', '/b/c', '/'], ['/b', '/c']],
  ['/{a*,[0-9]}z', ['/az', '/aqz', '/7z'], ['/z', '/bz']],
  ['/@(a|b)', ['/a', '/b'], ['/', '/ab']],
  ['/(a|b)c', ['/ac', '/bc'], ['/c']],
  ['/*(ab)c', ['/c', '/abc', '/ababc'], ['/abac']],
  ['/+(ab)c', ['/abc', '/ababc'], ['/c']],
  ['/?(ab)c', ['/c', '/abc'], ['/ababc']],
  ['/!(a|b)', ['/c', '/ab', '/'], ['/a', '/b', '/c/d']],
  ['/!(*.js|*.json)', ['/a.js.gz', '/a'], ['/a.js', '/a.json']],
  ['/a\\*b', ['/a*b'], ['/acb', '/a\\*b']],
  ['/\\[x\\]', ['/[x]'], ['/x']],
  ['/a+b@c!d', ['/a+b@c!d'], ['/aab@c!d']],
  ['/*(*(f)*(o))', ['/fffooofoooooffoofffooofff', '/'], ['/x']],
  ['/*(*(of*(o)x)o)', ['/ofoooxoofxo', '/ofxoofxo'], ['/ofoooxoofxoofoooxoofxofo']],
  ['/@(b+(c)d|e*(f)g?|?(h)i@(j|k))', ['/effgz', '/egz', '/hij'], ['/eg']],
  ['/para@(chute|graph)', ['/paragraph'], ['/paramour']],
  ['/ü*', ['/ü', '/über'], ['/u']],
]

t.test('what globs match', (t) => {
  for (const [pattern, yes, no] of matches) {
    const glob = compileGlob(pattern)
    for (const path of yes) t.ok(glob.matches(path), `${pattern} matches ${path}`)
    for (const path of no) t.notOk(glob.matches(path), `${pattern} does not match ${path}`)
    for (const path of yes) if (!pattern.includes('\\') && path !== '/') t.ok(path.startsWith(glob.prefix), `${path} starts with ${glob.prefix}`)
  }
  t.end()
})

t.test('what is no glob', (t) => {
  for (const pattern of ['/[', '/[a', '/{a', '/{a,b', '/@(a', '/(a|b', '/[[:nope:]]']) t.throws(() => compileGlob(pattern), RpcFailure, pattern)
  t.throws(() => compileGlob('/' + '*'.repeat(5000)), RpcFailure)
  t.match(compileGlob('/a/b'), { literal: true, prefix: '/a/b' })
  t.match(compileGlob('/a/b*'), { literal: false, prefix: '/a/b' })
  t.match(compileGlob('/**'), { everything: true })
  t.end()
})

t.test('simple patterns match what the same regular expression does', (t) => {
  const parts: ReadonlyArray<readonly [glob: string, regexp: string]> = [
    ['*', '[^/]*'], ['**', '.*'], ['?', '[^/]'], ['a', 'a'], ['b', 'b'], ['/', '/'], ['[ab]', '[ab]'], ['{a,bb}', '(?:a|bb)'], ['+(ab)', '(?:ab)+'],
  ]
  // Stars that stand together are read as one `**` after the other.
  const pattern = fc.array(fc.constantFrom(...parts), { maxLength: 8 }).filter((some) => !some.map(([text]) => text).join('').includes('***')
    && !some.some(([text], i) => text === '*' && some[i + 1]?.[0] === '*'))
  const path = fc.array(fc.constantFrom('a', 'b', '/', 'ab', 'bb'), { maxLength: 10 }).map((some) => '/' + some.join(''))
  fc.assert(fc.property(pattern, fc.array(path, { maxLength: 8 }), (some, paths) => {
    const glob = compileGlob('/' + some.map(([text]) => text).join(''))
    const expected = new RegExp(`^/${some.map(([, text]) => text).join('')}$`)
    return paths.every((each) => each === '/' || glob.matches(each) === expected.test(each))
  }), { numRuns: 1000, seed: 11 })
  t.end()
})

/** Patterns of any depth that a matcher which goes the same way twice takes forever with. */
const nested: Readonly<Record<string, (depth: number) => string>> = {
  'anything but': (depth) => `/${'!(*'.repeat(depth)}x${')'.repeat(depth)}`,
  'any number': (depth) => `/${'*(a{'.repeat(depth)}a${'zzz,})'.repeat(depth)}b`,
  'one or more': (depth) => `/${'+(?'.repeat(depth)}b${'|a)'.repeat(depth)}c`,
}

t.test('steps grow with the depth of a pattern, and not with a power of it', (t) => {
  const stepsOf = (pattern: string, length: number): number => {
    const glob = compileGlob(pattern)
    glob.matches('/' + 'a'.repeat(length))
    return glob.steps()
  }
  for (const [name, pattern] of Object.entries(nested)) {
    const steps = stepsOf(pattern(8), 20)
    t.ok(steps > 8 * 20, name)
    t.ok(stepsOf(pattern(16), 20) <= 3 * steps, `${name}: twice the depth`)
    t.ok(stepsOf(pattern(8), 40) <= 10 * steps, `${name}: twice the path`)
  }
  t.end()
})

t.test('a match that takes too many steps is refused', (t) => {
  const refused = { name: 'RpcFailure', code: 3 }
  const whole = limits.globCharactersMax
  for (const pattern of [
    ...Object.values(nested).map((of) => of(32)), `/**[${'b'.repeat(whole - 5)}]`, '/' + '**a'.repeat(whole / 3 - 1), '/*!(*a*b)',
    '/' + '?(a)'.repeat(whole / 4 - 1) + 'b', `/**{${'a,'.repeat(whole / 2 - 4)}}c`, `/*(${'*a|'.repeat(whole / 3 - 3)}b)c`,
  ]) {
    const glob = compileGlob(pattern)
    t.throws(() => glob.matches('/' + 'a'.repeat(1000)), refused, pattern.slice(0, 20))
    const one = glob.steps()
    t.ok(one > limits.globStepsMax)
    t.throws(() => glob.matches('/' + 'a'.repeat(1000)), refused, 'each path is on its own')
    t.equal(glob.steps(), 2 * one)
  }
  t.end()
})

t.test('groups within groups', (t) => {
  t.ok(compileGlob(`/${'@('.repeat(limits.globDepthMax)}a${'|b)c'.repeat(limits.globDepthMax)}`).matches('/bc'))
  t.ok(compileGlob('/' + '(a)'.repeat(limits.globDepthMax + 1)).matches('/' + 'a'.repeat(limits.globDepthMax + 1)), 'side by side')
  for (const depth of [limits.globDepthMax + 1, 1000]) {
    for (const pattern of ['/' + '('.repeat(depth), '/' + '{'.repeat(depth), nested['anything but']?.(depth) ?? '']) {
      t.throws(() => compileGlob(pattern), { name: 'RpcFailure', code: 3, details: 'glob is nested too deep' })
    }
  }
  t.end()
})

t.test('no pattern takes long', (t) => {
  const path = '/' + 'a'.repeat(200) + '!'
  for (const pattern of ['/' + '*a'.repeat(50), '/*(*(*(a)))b', '/+(+(a|aa)|a)b', '/!(!(!(a*)))b', '/' + '**a'.repeat(30) + 'b']) {
    t.notOk(compileGlob(pattern).matches(path), pattern)
  }
  t.end()
})
