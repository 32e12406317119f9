import { rmSync } from 'node:fs'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { sealNode } from '../../../lib/pfsd/model/seal'
import { openStore } from '../../../lib/pfsd/store/open-store'
import type { Store, Tx } from '../../../lib/pfsd/store/store'
import { ModelStore, names, repoIds, tokens } from '../../support/model-store'

interface Op { readonly kind: string, readonly a: number, readonly b: number, readonly c: number }

const op: fc.Arbitrary<Op> = fc.record({
  kind: fc.constantFrom('project', 'noProject', 'repo', 'noRepo', 'branch', 'noBranch', 'commit', 'commit', 'relink', 'gone', 'noCommit',
    'fileSet', 'noFileSet', 'node', 'noNode'),
  a: fc.nat(9),
  b: fc.nat(9),
  c: fc.nat(9),
})

function pick<Value>(values: readonly Value[], at: number): Value {
  const value = values[at % values.length]
  if (value === undefined) throw new Error('nothing to pick from')
  return value
}

/** Does one thing to the store and the same to the model. */
function apply(tx: Tx, model: ModelStore, { kind, a, b, c }: Op): void {
  const name = pick(names, b)
  const repo = pick(repoIds, a)
  const seqs = [...model.commits.keys()]
  const commit = seqs.length === 0 ? undefined : model.commits.get(pick(seqs, a))
  if (kind === 'project') {
    const id = [...model.projects.values()].find((row) => row.name === name)?.id ?? (c % 2 === 0 ? tx.nextId() : 900 + a)
    const row = { id, name, description: String(c), created: c }
    for (const [key, old] of model.projects) if (old.id === id) model.projects.delete(key)
    tx.putProject(row)
    model.projects.set(name, row)
  } else if (kind === 'noProject') {
    const row = model.projects.get(name)
    if (row !== undefined) tx.deleteProject(row)
    model.projects.delete(name)
  } else if (kind === 'repo' || kind === 'noRepo') {
    const project = [...model.projects.values()][a % 3]?.id ?? 5
    const key = `${project}/${name}/user`
    const row = model.repos.get(key) ?? { id: tx.nextId() + 1000, project, name, type: 'user', description: '', created: b }
    if (kind === 'repo') {
      tx.putRepo({ ...row, description: String(c) })
      model.repos.set(key, { ...row, description: String(c) })
    } else if (model.repos.delete(key)) tx.deleteRepo(row)
  } else if (kind === 'branch' || kind === 'noBranch') {
    const key = `${repo}/${name}`
    const row = { id: a + 1, repo, name, head: c, created: b }
    if (kind === 'branch') {
      tx.putBranch(row)
      model.branches.set(key, row)
    } else {
      tx.deleteBranch(row)
      model.branches.delete(key)
    }
  } else if (kind === 'commit') {
    const row = {
      seq: tx.nextCommitSeq(), repo, branch: name, id: tx.newCommitId(), parent: commit?.seq ?? 0, root: c, state: 'finished',
      origin: 'USER', error: name, description: '', started: a, finishing: b, finished: c, files: a, bytes: b, gone: false,
    } as const
    tx.putCommit(row)
    model.commits.set(row.seq, row)
  } else if (kind === 'relink' && commit !== undefined) {
    const row = { ...commit, parent: b % 2 === 0 ? 0 : pick(seqs, c) }
    tx.putCommit(row)
    model.commits.set(row.seq, row)
  } else if (kind === 'gone' && commit !== undefined) {
    tx.putCommit({ ...commit, gone: !commit.gone })
    model.commits.set(commit.seq, { ...commit, gone: !commit.gone })
  } else if (kind === 'noCommit' && commit !== undefined) {
    tx.deleteCommit(commit)
    model.commits.delete(commit.seq)
  } else if (kind === 'fileSet') {
    const row = { token: pick(tokens, a), root: b, expires: c % 2 === 0 ? 0 : 5_000_000 + c }
    tx.putFileSet(row)
    model.fileSets.set(row.token, row)
  } else if (kind === 'noFileSet') {
    tx.deleteFileSet(pick(tokens, a))
    model.fileSets.delete(pick(tokens, a))
  } else if (kind === 'node') {
    const id = tx.reserveNode()
    tx.putNode(id, sealNode(id, Buffer.alloc(40 + a, c)))
    model.nodes.set(id, c)
  } else if (kind === 'noNode' && model.nodes.size > 0) {
    const id = pick([...model.nodes.keys()], a)
    tx.deleteNode(id)
    model.nodes.delete(id)
  }
}

/** Several works in one group; each checks what it sees before and after, and some change their minds. */
async function runGroup(t: Test, store: Store, model: ModelStore, works: readonly { ops: Op[], fails: boolean }[]): Promise<ModelStore> {
  let now = model
  await Promise.all(works.map(async ({ ops, fails }) => {
    const done = store.transact((tx) => {
      const mine = now.copy()
      t.same(mine.pictureOf(tx), mine.picture())
      for (const one of ops) apply(tx, mine, one)
      t.same(mine.pictureOf(tx), mine.picture())
      if (fails) throw new Error('changed its mind')
      now = mine
    })
    if (fails) await t.rejects(done, /changed its mind/)
    else await done
  }))
  return now
}

t.test('the store tells what plain maps tell, in works, between them and after each restart', async (t) => {
  const works = fc.array(fc.record({ ops: fc.array(op, { maxLength: 8 }), fails: fc.boolean() }), { minLength: 1, maxLength: 4 })
  const options = { now: () => 1_000_000 }
  let number = 0
  await fc.assert(fc.asyncProperty(fc.array(fc.tuple(works, fc.boolean()), { minLength: 1, maxLength: 8 }), async (groups) => {
    const directory = `${t.testdirName}-${number++}`
    let store = await openStore(directory, options)
    try {
      let model = new ModelStore()
      for (const [group, reopens] of groups) {
        model = await runGroup(t, store, model, group)
        t.same(model.pictureOf(store.read), model.picture())
        if (!reopens) continue
        await store.close()
        store = await openStore(directory, options)
        t.same(model.pictureOf(store.read), model.picture())
      }
    } finally {
      await store.close()
      rmSync(directory, { recursive: true })
    }
  }), { numRuns: 25, seed: 11 })
})
