import { PassThrough } from 'node:stream'
import { createInterface } from 'node:readline'

/**
 * Prints a line a test file and all of what failed, and closes with `N passed, N failed`, counting single assertions as
 * tap's own closing comment does. tap keeps its exit code whatever a reporter prints.
 */
export default class Reporter extends PassThrough {
  constructor() {
    super()
    let failing = false
    let counts = ''
    createInterface({ input: this }).on('line', (line) => {
      const totals = /^# \{ (.*) \}$/.exec(line)
      if (totals !== null) {
        counts = totals[1]
        return
      }
      if (/^\s*not ok /.test(line)) failing = true
      else if (/^\s*(ok |# Subtest)/.test(line)) failing = false
      if (failing || /^(ok|not ok|Bail out)/.test(line)) console.log(line)
    }).on('close', () => {
      const of = (name) => Number(new RegExp(`\\b${name}: (\\d+)`).exec(counts)?.[1] ?? 0)
      const skipped = of('skip') + of('todo')
      console.log(`${of('pass')} passed, ${of('fail')} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`)
    })
  }

  /** tap pipes a reporter to stdout; this one has printed already. */
  pipe(target) {
    return target
  }
}
