import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import t from 'tap'
import { openStore } from '../../lib/pfsd/store/open-store'
import { StoreRefused } from '../../lib/pfsd/store/failure'
import { storeLoad } from '../support/store-load'

const kills = 10

/** Runs a child from step `first` on and kills it after so many answers, and when `atOpen` is done; the steps that it answered. */
function runAndKill(directory: string, first: number, answers: number, atOpen: () => Promise<void>): Promise<number[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', 'tsx', `${__dirname}/../support/store-child.ts`, directory, String(first)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let text = ''
    let trouble = ''
    let asked = false
    let seen = false
    const killWhenDue = (): void => {
      if (seen && text.split('\n').length > answers + 1) child.kill('SIGKILL')
    }
    child.stderr.on('data', (chunk: Buffer) => { trouble += chunk.toString() })
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      if (text.includes('\n') && !asked) {
        asked = true
        atOpen().then(() => {
          seen = true
          killWhenDue()
        }, reject)
      }
      killWhenDue()
    })
    child.on('close', (code) => {
      if (code !== null) reject(new Error(`the child ended by itself: ${trouble}`))
      // A last line without its end was on its way when the kill came.
      else resolve(text.split('\n').slice(1, -1).map(Number))
    })
  })
}

t.test('whatever was answered before a kill is there after it, and nothing is half there', async (t) => {
  const directory = t.testdir()
  const answered = new Set<number>()
  let first = 0
  for (let kill = 0; kill < kills; kill++) {
    const steps = await runAndKill(directory, first, 5 + kill * 7, async () => {
      await t.rejects(openStore(directory), StoreRefused, 'the directory is taken while the child lives')
    })
    for (const n of steps) answered.add(n)
    first = Math.max(first, ...steps) + 10
    const store = await openStore(directory)
    const held = await storeLoad.held(store)
    for (const n of answered) if (!held.has(n)) t.fail(`step ${n} is lost after kill ${kill}`)
    const files = readdirSync(`${directory}/blobs`).flatMap((part) => readdirSync(`${directory}/blobs/${part}`))
    t.equal(files.length, [...held].filter((n) => n % 4 === 3).length, 'every blob file has its row')
    await store.close()
  }
  t.ok(answered.size > kills * 5)
})
