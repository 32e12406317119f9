import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { RpcError } from '../../../lib/pfs/transport'
import { grpc } from '../../../lib/pfs/transports/grpc'
import { openPfsd } from '../../../lib/pfsd/main'
import { notSpoken } from '../../fixtures/pachd/not-spoken'
import { transports } from '../../support/real-server'
import { RpcClient } from '../../support/rpc-client'
import { difference, matchText, requestOf, type Bindings, type Json, type VectorCase, type VectorStep } from '../../support/vector'

const fixtures = join(__dirname, '../../fixtures/pachd')
const files = ['commit-semantics', 'errors', 'listing', 'filesets', 'paths', 'concurrency-limits', 'late-stream-brick']

/** Cases that name what an earlier one made; where the numbers differ, which is which. */
const carried: Readonly<Record<string, readonly [from: string, names?: Readonly<Record<string, string>>]>> = {
  'filesets/sequence-A-order': ['sequence-A', { $fileset1: '$fileset3', $fileset2: '$fileset1', $fileset3: '$fileset2' }],
  'filesets/same-part-twice': ['sequence-A'],
  'filesets/copy-append-true': ['sequence-A', { $fileset1: '$fileset4' }],
  'filesets/copy-directly-from-parts-in-order': ['sequence-A'],
  'filesets/part-with-delete-erases': ['sequence-A', { $fileset2: '$fileset1' }],
  'filesets/sequence-B-separate-adds': ['sequence-B'],
  'filesets/compose-compact': ['sequence-A'],
  'filesets/read-fileset-without-project': ['sequence-A'],
  'filesets/copy-src-missing-in-fileset': ['sequence-A'],
  'commit-semantics/branch-head-move': ['drop-and-squash'],
}

/** Repos that were there and empty when a case was recorded, though no step before it says so. */
const prepared: Readonly<Record<string, string>> = {
  'paths/delete-file-bad-path': 'dp', 'errors/find-commits-open': 'bt', 'filesets/sequence-A': 'fs1',
}

const patienceMs = 100

type Ids = ReadonlyMap<string, string>

for (const kind of transports) for (const file of files) {
  t.test(`${kind}: ${file}`, async (t) => {
    const client = await open(t, kind)
    const seen = new Map<string, Ids>()
    // The fixture's own form, see test/support/vector.ts.
    const cases = JSON.parse(readFileSync(join(fixtures, `${file}.json`), 'utf8')) as VectorCase[]
    for (const each of cases) {
      const bindings: Bindings = { own: new Map(), carried: carriedTo(file, each, seen) }
      const trouble = new Map<number, string>()
      const repo = prepared[`${file}/${each.name}`]
      if (repo !== undefined) {
        await client.unary('/pfs_v2.API/DeleteRepo', { repo: { name: repo, type: 'user' } })
        await client.unary('/pfs_v2.API/CreateRepo', { repo: { name: repo, type: 'user' } })
      }
      for (const [i, step] of each.steps.entries()) {
        const found = await replay(client, step, bindings).catch((error: unknown) => String(error))
        if (found !== undefined) trouble.set(i, found)
      }
      seen.set(each.name, bindings.own)
      judge(t, `${file}/${each.name}`, each.steps.length, trouble)
    }
  })
}

/** In process without the codec: some requests say what no encoder would. */
async function open(t: Test, kind: typeof transports[number]): Promise<RpcClient> {
  const pfsd = await openPfsd({ directory: t.testdir(), paths: 'pachd' })
  t.teardown(() => pfsd.close())
  if (kind === 'in-process') return new RpcClient(pfsd.service)
  const transport = grpc(`grpc://127.0.0.1:${(await pfsd.serve('127.0.0.1:0')).port}`)
  t.teardown(() => transport.close())
  return new RpcClient(transport)
}

/** The ids of the case that set the file up, or of the one that this case continues. */
function carriedTo(file: string, { name }: VectorCase, seen: ReadonlyMap<string, Ids>): Ids {
  const [from, names] = carried[`${file}/${name}`] ?? [file === 'listing' ? 'walk-root' : 'setup']
  const earlier = seen.get(from) ?? new Map<string, string>()
  if (names === undefined) return earlier
  return new Map(Object.entries(names).map(([to, name]) => [to, earlier.get(name) ?? '']))
}

/** What was other than recorded; undefined: nothing. */
async function replay(client: RpcClient, step: VectorStep, bindings: Bindings): Promise<string | undefined> {
  const { rpc, request, status } = step
  if (rpc === undefined || request === undefined || status === undefined) return 'not recorded as a call'
  const calling = client.call(`/${rpc}`, requestOf(request, bindings)).then((response) => ({ response }), (error: unknown) => ({ error }))
  if (status.code === 4) {
    const outcome = await Promise.race([calling, new Promise<undefined>((resolve) => { setTimeout(resolve, patienceMs, undefined) })])
    return outcome === undefined ? undefined : 'answered where pachd never did'
  }
  const outcome = await calling
  if (step.setup === true) {
    // Compared all the same, for the ids that it tells.
    if ('response' in outcome && step.response !== undefined) difference(step.response, outcome.response, bindings)
    return undefined
  }
  if ('error' in outcome) {
    if (!(outcome.error instanceof RpcError)) throw outcome.error
    const { code, details } = outcome.error
    if (code !== status.code) return `${code} ${details}`
    // An empty text is one that grpc-js lost on the way.
    const message = status.message ?? ''
    return message === '' || matchText(message, details, bindings) ? undefined : `${details} instead of ${message}`
  }
  if (status.code !== 0) return `answered: ${JSON.stringify(outcome.response)}`
  if (step.stored_as !== undefined) return storedAs(client, outcome.response, step.stored_as)
  if (step.response === undefined) return undefined
  return rpc.endsWith('/GetFile')
    ? difference(joined(requestOf(step.response, bindings)), joined(outcome.response), bindings)
    : difference(step.response, outcome.response, bindings)
}

/** Messages of content as one, however they were cut. */
function joined(messages: unknown): Json {
  if (!Array.isArray(messages)) throw new Error('no list of messages')
  const buffers = messages.map((message: { readonly value?: Buffer }) => message.value ?? Buffer.alloc(0))
  return Buffer.concat(buffers).toString('latin1')
}

async function storedAs(client: RpcClient, response: unknown, names: readonly string[]): Promise<string | undefined> {
  // CreateFileSet answered it.
  const { file_set_id: id = '' } = response as { file_set_id?: string }
  const found = await client.list('/pfs_v2.API/GlobFile', { commit: { repo: { name: '__filesets__', type: 'user' }, id }, pattern: '**' })
  const paths = found.filter((info) => info.file_type === 'FILE').map((info) => info.file?.path ?? '')
  const shown = paths.map((path) => path.length > 200 ? `len ${path.length}` : path)
  return shown.join() === names.join() ? undefined : `stored as ${shown.join()} instead of ${names.join()}`
}

function judge(t: Test, name: string, steps: number, trouble: ReadonlyMap<number, string>): void {
  if (notSpoken[name] !== undefined) {
    t.ok(trouble.size > 0, `${name} is listed as not spoken`)
    return
  }
  for (let i = 0; i < steps; i++) {
    const found = trouble.get(i)
    if (notSpoken[`${name}#${i}`] === undefined) t.equal(found, undefined, `${name}#${i}`)
    else t.ok(found !== undefined, `${name}#${i} is listed as not spoken`)
  }
}
