import type { Unary } from '../service'
import type { CapabilitiesResponse, Empty } from '../../wire/messages'
import type { Instance } from './shared/instance'

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
  })
}
