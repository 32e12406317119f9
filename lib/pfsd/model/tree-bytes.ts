import { Code, RpcFailure } from '../failure'
import { bounds } from './bounds'

/** Sizes of files, summed up. OUT_OF_RANGE for more than a tree may hold: whoever brings it is refused before a row has to. */
export function boundedTreeBytes(bytes: number): number {
  if (bytes <= bounds.treeBytesMax) return bytes
  throw new RpcFailure(Code.outOfRange, `the files would come to more than ${bounds.treeBytesMax} bytes`)
}
