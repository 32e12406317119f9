import { limits } from '../limits'
import { Budget } from '../kit/budget'
import { askCapabilities, type Capabilities } from './capabilities'
import { Commits } from './commits'
import { Committers } from './committers'
import { Files } from './files'
import { Heads } from './heads'
import type { Transport } from './transport'

export interface BackendOptions {
  /** How old a branch's head may be on reads; 0: every read looks. */
  readonly headAgeMsMax?: number
  /** What all held bodies share; undefined: one of their own. */
  readonly budget?: Budget
  /** How old a multipart upload may become. */
  readonly uploadLifetimeMs?: number
  /** No other gateway works on this server, so that what nobody here is doing is done by nobody. */
  readonly alone?: boolean
}

/** The parts that the rooms of the contract are made of, on one server. Repos of any type are within reach here. */
export interface Backend {
  readonly transport: Transport
  readonly capabilities: Capabilities
  readonly commits: Commits
  readonly heads: Heads
  readonly files: Files
  readonly committers: Committers
  readonly budget: Budget
  readonly uploadLifetimeMs: number
  readonly alone: boolean
}

/** Asks the server what it can do, once. */
export async function openBackend(transport: Transport, options: BackendOptions = {}): Promise<Backend> {
  const capabilities = await askCapabilities(transport)
  const commits = new Commits(transport)
  const heads = new Heads(transport, commits, options.headAgeMsMax ?? 0)
  const files = new Files(transport, capabilities.paths)
  const committers = new Committers({ transport, capabilities, commits, heads, files })
  const budget = options.budget ?? new Budget(limits.bodyBudgetBytes)
  const { uploadLifetimeMs = limits.uploadLifetimeMs, alone = false } = options
  return { transport, capabilities, commits, heads, files, committers, budget, uploadLifetimeMs, alone }
}
