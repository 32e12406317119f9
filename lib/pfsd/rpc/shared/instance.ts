import type { Budget } from '../../../kit/budget'
import type { CommitWaiters } from './commit-waiters'
import type { PathRules } from '../../model/paths'
import type { Store } from '../../store/store'

/** What every handler works on: one open store and the rules it was opened with. */
export interface Instance {
  readonly store: Store
  readonly paths: PathRules
  readonly waiters: CommitWaiters
  /** What open streams hold of contents in memory, all together. */
  readonly held: Budget
  /** What their changes take beside that. */
  readonly changes: Budget
  /** ms since 1970. */
  now(): number
}
