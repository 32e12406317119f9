import type { Unary } from '../service'
import type { CapabilitiesResponse, Empty } from '../../wire/messages'
import type { Instance } from './shared/instance'

/**
 * What this server has beyond pachd's contract. A gateway asks once, and speaks plain calls to whoever does not know the
 * question; so nothing may be promised here that a part of the server does not keep.
 */
export function capabilities({ paths }: Instance): Unary<Empty, CapabilitiesResponse> {
  return () => ({
    paths: paths.setting,
    attributes: true,
    created: true,
    literal: true,
    expected_head: true,
    read_length: true,
    list: true,
    commit_id: true,
    if_unwritten: true,
  })
}
