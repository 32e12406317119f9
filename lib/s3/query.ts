/** A parsed query string. */
export interface Query {
  /** Decoded value of the first parameter of that name; undefined where it is absent. */
  get(name: string): string | undefined
  has(name: string): boolean
  /** Decoded pairs in order of arrival. */
  readonly pairs: ReadonlyArray<readonly [name: string, value: string]>
}
