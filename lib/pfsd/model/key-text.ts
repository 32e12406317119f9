import { datumOfKey, pathOfKey } from './key'

/** Keys as strings, for maps; key.ts has them as bytes. */

const defaultDatum = 'default'

/** `datum` as a message has it: empty and absent mean `default`. */
export function keyText(path: string, datum: string | undefined): string {
  return datum === undefined || datum === '' || datum === defaultDatum ? path : `${path}\0${datum}`
}

/**
 * Where pachd keeps apart what the tree cannot: a second content of one path from one stream. It makes the commit fail as
 * a duplicate path, so it is written under a key of its own, with the default datum spelled out.
 */
export function duplicateKeyText(path: string): string {
  return `${path}\0${defaultDatum}`
}

export function splitKey(key: Buffer): { readonly path: string, readonly datum: string } {
  return { path: pathOfKey(key).toString(), datum: datumOfKey(key) }
}
