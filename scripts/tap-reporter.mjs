import { PassThrough } from 'node:stream'
import { createInterface } from 'node:readline'

/**
 * Prints what failed, in full, and closes with `N passed, N failed`: single assertions, as tap's own closing comment counts
 * them. tap keeps its exit code whatever a reporter prints.
 */
export default class Reporter extends PassThrough {
  constructor() {
    super()
    const lines = createInterface({ input: this })
    let failing = false
    let counts
    lines.on('line', (line) => {
      const totals = /^# \{ (.*) \}$/.exec(line)
      if (totals !== null) counts = totals[1]
      const indent = /^ */.exec(line)[0].length
      if (/^ *not ok /.test(line)) failing = true
      else if (/^ *(ok |# Subtest|1\.\.)/.test(line)) failing = false
      if (failing || /^(ok|not ok|Bail out)/.test(line) || (indent === 0 && line.startsWith('# ') && totals === null)) console.log(line)
    })
    lines.on('close', () => {
      const of = (name) => Number(new RegExp(`\\b${name}: (\\d+)`).exec(counts ?? '')?.[1] ?? 0)
      const skipped = of('skip') + of('todo')
      console.log(`${of('pass')} passed, ${of('fail')} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`)
    })
  }
}
