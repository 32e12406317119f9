/**
 * A request head as it arrived: nothing decoded, nothing joined, nothing dropped. Signatures, routing and body framing all
 * read this one value, so that no two of them can see different requests.
 */
export class Head {
  readonly method: string
  /** The raw request target, as in the request line. */
  readonly target: string
  /** The target up to the first `?`, still percent-encoded. */
  readonly path: string
  /** The target behind the first `?`, still percent-encoded; '' where there is none. */
  readonly query: string
  /** Header fields in order of arrival: lower-case name, value as Latin-1 characters (one a byte). */
  readonly fields: ReadonlyArray<readonly [name: string, value: string]>
  /** Names of fields that came more than once, as often as they came again. */
  readonly repeated: readonly string[]
  private readonly byName = new Map<string, string[]>()

  /** `rawHeaders` alternates names and values, as node:http gives them. */
  constructor(method: string, target: string, rawHeaders: readonly string[]) {
    this.method = method
    this.target = target
    const mark = target.indexOf('?')
    this.path = mark === -1 ? target : target.slice(0, mark)
    this.query = mark === -1 ? '' : target.slice(mark + 1)
    const fields: [string, string][] = []
    const repeated: string[] = []
    for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
      const name = (rawHeaders[i] ?? '').toLowerCase()
      const value = rawHeaders[i + 1] ?? ''
      fields.push([name, value])
      const values = this.byName.get(name)
      if (values === undefined) this.byName.set(name, [value])
      else {
        values.push(value)
        repeated.push(name)
      }
    }
    this.fields = fields
    this.repeated = repeated
  }

  /** The first value of a field, or undefined. Fields that decide anything are refused when repeated, before this is asked. */
  get(name: string): string | undefined {
    return this.byName.get(name)?.[0]
  }

  /** Every value of a field, in order of arrival. */
  all(name: string): readonly string[] {
    return this.byName.get(name) ?? []
  }

  has(name: string): boolean {
    return this.byName.has(name)
  }
}
