/** A recorded exchange with a real pachd, as the files in test/fixtures/pachd have it. */
export interface VectorCase {
  readonly name: string
  readonly steps: readonly VectorStep[]
}

export interface VectorStep {
  readonly rpc?: string
  /** Only prepares: whatever it answers. */
  readonly setup?: boolean
  readonly request?: Json
  readonly response?: Json
  readonly status?: { readonly code: number, readonly message?: string }
  readonly stored_as?: readonly string[]
}

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }

/** Ids by their placeholder: those met in this case, and those that an earlier one left for its requests to name. */
export interface Bindings {
  readonly own: Map<string, string>
  readonly carried: ReadonlyMap<string, string>
}

const integers = new Set([
  'size_bytes', 'size_bytes_upper_bound', 'number', 'offset', 'ttl_seconds', 'seconds', 'commits', 'page_size', 'page_index',
])
const placeholder = /\$(?:commit|fileset|hex)\d+/g

/** A request as it is sent: placeholders bound, bytes as buffers, 64-bit integers as numbers. */
export function requestOf(json: Json, bindings: Bindings, name = ''): unknown {
  if (typeof json === 'string') {
    if (integers.has(name)) return Number(json)
    return json.replace(placeholder, (found) => {
      const bound = bindings.own.get(found) ?? bindings.carried.get(found)
      if (bound === undefined) throw new Error(`${found} is not known yet`)
      bindings.own.set(found, bound)
      return bound
    })
  }
  if (json === null || typeof json !== 'object') return json
  if (isList(json)) return json.map((each) => requestOf(each, bindings))
  const bytes = bytesOf(json)
  if (bytes !== undefined) return bytes
  if (typeof json['$repeat'] === 'string') return repeated(json['$repeat'], Number(json['total_length']))
  return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, requestOf(value, bindings, key)]))
}

/**
 * What differs between a recorded answer and ours, by its place; undefined: nothing. Binds placeholders that are met for the
 * first time. Hashes are left out, as is what pachd does not have.
 */
export function difference(expected: Json, actual: unknown, bindings: Bindings, place = ''): string | undefined {
  if (expected === '$ts' || expected === '$dur') return isRecord(actual) ? undefined : `${place}: no time`
  if (typeof expected === 'string') {
    const name = place.slice(place.lastIndexOf('.') + 1)
    if (integers.has(name)) return actual === Number(expected) ? undefined : `${place}: ${String(actual)} instead of ${expected}`
    const same = typeof actual === 'string' && matchText(expected, actual, bindings)
    return same ? undefined : `${place}: ${String(actual)} instead of ${expected}`
  }
  if (expected === null || typeof expected !== 'object') return actual === expected ? undefined : `${place}: ${String(actual)}`
  if (isList(expected)) return listDifference(expected, actual, bindings, place)
  const bytes = bytesOf(expected)
  if (bytes !== undefined) return Buffer.isBuffer(actual) && actual.equals(bytes) ? undefined : `${place}: other bytes`
  if (!isRecord(actual)) return `${place}: no message`
  for (const name of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
    if (['hash', 'created', 'attributes', 'revision'].includes(name)) continue
    // Right after a write pachd may still be finishing; the sizes are known behind that.
    if (expected['finishing'] !== undefined && expected['finished'] === undefined && ['finished', 'details'].includes(name)) continue
    const value = expected[name]
    if (value === undefined || !(name in actual)) return `${place}.${name}: ${value === undefined ? 'not expected' : 'missing'}`
    const found = difference(value, actual[name], bindings, `${place}.${name}`)
    if (found !== undefined) return found
  }
  return undefined
}

function listDifference(expected: readonly Json[], actual: unknown, bindings: Bindings, place: string): string | undefined {
  if (!Array.isArray(actual)) return `${place}: no list`
  for (let i = 0; i < Math.max(expected.length, actual.length); i++) {
    const value = expected[i]
    if (value === undefined || i >= actual.length) return `${place}: ${actual.length} instead of ${expected.length}`
    const found = difference(value, actual[i], bindings, `${place}[${i}]`)
    if (found !== undefined) return found
  }
  return undefined
}

/** Whether the text is the recorded one, ids apart; ids met for the first time are bound. */
export function matchText(recorded: string, text: string, bindings: Bindings): boolean {
  const names: string[] = []
  const pattern = recorded.split(/(\$(?:commit|fileset|hex)\d+)/).map((part) => {
    if (!part.startsWith('$')) return part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    const bound = bindings.own.get(part)
    if (bound !== undefined) return bound
    names.push(part)
    return '([0-9a-f]{32})'
  })
  const match = new RegExp(`^${pattern.join('')}$`, 's').exec(text)
  if (match === null) return false
  names.forEach((name, i) => bindings.own.set(name, match[i + 1] ?? ''))
  return true
}

/** The bytes that an object of the recordings stands for; undefined: it is an ordinary message. */
function bytesOf(json: { readonly [name: string]: Json }): Buffer | undefined {
  if (typeof json['$b64'] === 'string') return Buffer.from(json['$b64'], 'base64')
  if (typeof json['$hex'] === 'string') return Buffer.from(json['$hex'], 'hex')
  if (json['$gen'] === undefined) return undefined
  const whole = json['$gen'] === 'zero' ? Buffer.alloc(Number(json['size'])) : xorshift(Number(json['size']))
  const slice = json['slice']
  return isList(slice) ? whole.subarray(Number(slice[0]), Number(slice[0]) + Number(slice[1])) : whole
}

function xorshift(size: number): Buffer {
  const bytes = Buffer.alloc(size)
  let x = 2463534242
  for (let i = 0; i < size; i++) {
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    bytes[i] = x & 0xff
  }
  return bytes
}

function repeated(part: string, length: number): string {
  const text = part.repeat(Math.ceil(length / part.length)).slice(0, length)
  return text.endsWith('/') ? text.slice(0, -1) + 'x' : text
}

function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}
