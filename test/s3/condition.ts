import t from 'tap'
import { Head } from '../../lib/kit/head'
import { deleteConditions, deleteJudge, judgeCopySource, judgeRead, rangeHolds, writeJudge } from '../../lib/s3/condition'
import { S3Error } from '../../lib/s3/error'

const md5 = '9e107d9d372bb6826bd81d3542a419d6'
const other = '00000000000000000000000000000000'
const at = 'Mon, 12 Oct 2009 17:50:30 GMT'
const earlier = 'Mon, 12 Oct 2009 17:50:29 GMT'
const later = 'Mon, 12 Oct 2009 17:50:31 GMT'
const facts = { size: 3, version: 'v', modified: new Date(Date.parse(at) + 789), attributes: { entries: { 'd:md5': md5 } } }
const head = (...fields: string[]) => new Head('GET', '/b/k', fields)
const read = (...fields: string[]) => judgeRead(head(...fields), facts)
const failed = (condition: string) => ({ code: 'PreconditionFailed', status: 412, members: { Condition: condition } })

t.test('If-Match takes a tag with and without quotes, a list, and a star', (t) => {
  for (const value of [md5, `"${md5}"`, `"${other}", "${md5}"`, `${other},${md5}`, '*']) t.equal(read('If-Match', value), 'changed', value)
  t.equal(read('If-Match', `"${other}"`, 'If-Match', `"${md5}"`), 'changed', 'in two fields')
  for (const value of [other, `"${other}"`, '', '""', `W/"${md5}"`, `"${md5}`, md5.toUpperCase(), `"${md5}-2"`]) {
    t.throws(() => read('If-Match', value), failed('If-Match'), value)
  }
  t.end()
})

t.test('If-None-Match compares weakly', (t) => {
  for (const value of [md5, `"${md5}"`, `W/"${md5}"`, `"${other}", W/"${md5}"`, '*']) {
    t.equal(read('If-None-Match', value), 'not-modified', value)
  }
  t.equal(read('If-None-Match', other), 'changed')
  t.end()
})

t.test('dates are compared in whole seconds', (t) => {
  t.equal(read('If-Modified-Since', at), 'not-modified')
  t.equal(read('If-Modified-Since', later), 'not-modified')
  t.equal(read('If-Modified-Since', earlier), 'changed')
  t.equal(read('If-Unmodified-Since', at), 'changed')
  t.throws(() => read('If-Unmodified-Since', earlier), failed('If-Unmodified-Since'))
  for (const value of ['Monday, 12-Oct-09 17:50:30 GMT', 'Mon Oct 12 17:50:30 2009', '2009-10-12T17:50:30Z', '2009-10-12T17:50:30.000Z']) {
    t.equal(read('If-Modified-Since', value), 'not-modified', value)
    t.equal(read('If-Unmodified-Since', value), 'changed', value)
  }
  for (const value of ['', '5', 'yesterday', '2009', 'Mon, 99 Oct 2009 17:50:30 GMT', '1255369830']) {
    t.equal(read('If-Modified-Since', value), 'changed', `not a date: ${value}`)
    t.equal(read('If-Unmodified-Since', value), 'changed', `not a date: ${value}`)
  }
  t.end()
})

t.test('a tag outranks the date of its kind, and 412 outranks 304', (t) => {
  t.equal(read('If-Match', md5, 'If-Unmodified-Since', earlier), 'changed')
  t.equal(read('If-None-Match', other, 'If-Modified-Since', later), 'changed')
  t.equal(read('If-None-Match', md5, 'If-Modified-Since', earlier), 'not-modified')
  t.throws(() => read('If-Match', other, 'If-None-Match', md5), failed('If-Match'))
  t.equal(read('If-Match', md5, 'If-None-Match', md5), 'not-modified')
  t.throws(() => read('If-Unmodified-Since', earlier, 'If-None-Match', md5), failed('If-Unmodified-Since'))
  t.end()
})

t.test('conditions on a copy source know no 304', (t) => {
  const copy = (...fields: string[]) => judgeCopySource(head(...fields), facts)
  copy('x-amz-copy-source-if-match', `"${md5}"`, 'x-amz-copy-source-if-unmodified-since', earlier, 'if-match', other)
  copy('x-amz-copy-source-if-none-match', other, 'x-amz-copy-source-if-modified-since', later)
  t.throws(() => copy('x-amz-copy-source-if-match', other), failed('x-amz-copy-source-If-Match'))
  t.throws(() => copy('x-amz-copy-source-if-none-match', md5), failed('x-amz-copy-source-If-None-Match'))
  t.throws(() => copy('x-amz-copy-source-if-modified-since', at), failed('x-amz-copy-source-If-Modified-Since'))
  t.throws(() => copy('x-amz-copy-source-if-unmodified-since', earlier), failed('x-amz-copy-source-If-Unmodified-Since'))
  t.end()
})

t.test('If-Range lets a range count for one object only', (t) => {
  t.equal(rangeHolds(head(), facts), true)
  t.equal(rangeHolds(head('If-Range', `"${md5}"`), facts), true)
  t.equal(rangeHolds(head('If-Range', `"${other}"`), facts), false)
  t.equal(rangeHolds(head('If-Range', `W/"${md5}"`), facts), false)
  t.equal(rangeHolds(head('If-Range', at), facts), true)
  t.equal(rangeHolds(head('If-Range', later), facts), false)
  t.end()
})

t.test('writes know two conditions and refuse the others', (t) => {
  t.equal(writeJudge(head()), undefined)
  const fresh = writeJudge(head('If-None-Match', '*'))
  fresh?.(undefined)
  t.throws(() => fresh?.(facts), failed('If-None-Match'))
  const same = writeJudge(head('If-Match', `"${md5}"`))
  same?.(facts)
  t.throws(() => same?.(undefined), { code: 'NoSuchKey', status: 404 })
  t.throws(() => same?.({ ...facts, attributes: { entries: { 'd:md5': other } } }), failed('If-Match'))
  const refused: [string, ...string[]][] = [
    ['If-None-Match', 'If-None-Match', md5], ['If-Match,If-None-Match', 'If-None-Match', '*', 'If-Match', md5], ['If-None-Match', 'If-None-Match', ''],
    ['If-Modified-Since', 'If-Modified-Since', at], ['If-Unmodified-Since', 'If-Unmodified-Since', at],
  ]
  for (const [header, ...fields] of refused) {
    t.throws(() => writeJudge(head(...fields)), { code: 'NotImplemented', status: 501, members: { Header: header } }, fields.join(' '))
  }
  const reasonOf = (...fields: string[]): unknown => {
    try {
      return writeJudge(head(...fields))
    } catch (error) {
      return error instanceof S3Error ? error.members['additionalMessage'] : error
    }
  }
  t.equal(reasonOf('If-None-Match', md5), "We don't accept the provided value of If-None-Match header for this API")
  t.equal(reasonOf('If-None-Match', '*', 'If-Match', md5), 'Multiple conditional request headers present in the request')
  t.end()
})

t.test('a delete may ask for tag, size and time, and all must hold', (t) => {
  const judge = (...fields: string[]) => deleteJudge(deleteConditions(head(...fields)))
  t.equal(judge(), undefined)
  judge('If-Match', md5, 'x-amz-if-match-size', '3', 'x-amz-if-match-last-modified-time', at)?.(facts)
  judge('If-Match', '*')?.(facts)
  t.throws(() => judge('If-Match', other, 'x-amz-if-match-size', '3')?.(facts), failed('If-Match'))
  t.throws(() => judge('If-Match', md5, 'x-amz-if-match-size', '4')?.(facts), failed('x-amz-if-match-size'))
  t.throws(() => judge('x-amz-if-match-last-modified-time', later)?.(facts), failed('x-amz-if-match-last-modified-time'))
  t.throws(() => judge('If-Match', '*')?.(undefined), { code: 'NoSuchKey' })
  t.throws(() => judge('x-amz-if-match-size', '1e3'),
    { code: 'InvalidArgument', members: { ArgumentName: 'x-amz-if-match-size', ArgumentValue: '1e3' } })
  t.throws(() => judge('x-amz-if-match-last-modified-time', 'never'), { code: 'InvalidArgument' })
  for (const [name, value] of [['If-None-Match', '*'], ['If-Modified-Since', at], ['If-Unmodified-Since', at]] as const) {
    t.throws(() => judge(name, value), { code: 'NotImplemented', members: { Header: name } }, `${name} is not passed over`)
  }
  t.end()
})
