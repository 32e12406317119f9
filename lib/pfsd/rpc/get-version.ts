import type { Unary } from '../service'
import type { Empty, Version } from '../../wire/messages'

/** The release of pachd whose contract is spoken: what its clients compare theirs with. */
const version = { major: 2, minor: 12, micro: 0 }

export function getVersion(): Unary<Empty, Version> {
  return () => ({ ...version })
}
