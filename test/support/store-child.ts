import { openStore } from '../../lib/pfsd/store/open-store'
import { storeLoad } from './store-load'

/** Writes steps from a number on until it is killed, a few at a time; says each on stdout once it is durable. */
async function main(directory: string, first: number): Promise<void> {
  const store = await openStore(directory, { segmentBytes: 64 * 1024 })
  await storeLoad.held(store)
  process.stdout.write('open\n')
  let next = first
  const lane = async (): Promise<void> => {
    for (;;) {
      const n = next++
      await storeLoad.step(store, n)
      process.stdout.write(`${n}\n`)
    }
  }
  await Promise.all([lane(), lane(), lane(), lane()])
}

main(process.argv[2] ?? '', Number(process.argv[3])).catch((error: unknown) => {
  console.error(error)
  process.exit(1)
})
