import assert from 'node:assert'
import { bounds } from './model/bounds'

/** Every bound of the embedded server, unit last in the name. */
export const limits = {
  /** One call of `readBlob`. Reads of a blob file that begin and end at multiples of `blobCheckBytes` cost least. */
  readBytesMax: 1024 * 1024,
  /** Up to here a small blob is read on the spot wherever it is; a longer wait would be felt by every other request. */
  readNowBytesMax: 64 * 1024,
  /** The same of bytes that are in the page cache, as far as can be told. */
  readWarmBytesMax: 256 * 1024,
  /** How much of the memory may count as a page cache of what was written or read last, and how much at the most. */
  warmShare: 1 / 4,
  warmBytesMax: 16 * 1024 ** 3,
  /** A read on the spot that takes longer came from the disk, or the machine is busy: so many in a row tell which. */
  warmReadMsMax: 2,
  slowReadsMax: 4,

  /** One file of small blobs, and one blob in it. */
  segmentBytes: 256 * 1024 * 1024,
  segmentBlobBytesMax: 4 * 1024 * 1024,

  /** A blob file: bytes under one CRC (part of the format), one gathered write, one sync, and what a writer may hold unwritten. */
  blobCheckBytes: 256 * 1024,
  blobBlockBytes: 1024 * 1024,
  blobSyncBytes: 8 * 1024 * 1024,
  blobWriterBytesMax: 1024 * 1024,
  /** Chunks that a writer gathers: more are written, however small they are. */
  blobWriterChunksMax: 1024,
  /** What all writers of blob files together may hold before they write less than a block. */
  blobBuffersBytesMax: 32 * 1024 * 1024,
  /** Checked blocks kept for the next small read of the same block, all blobs together. */
  blockCacheBytes: 8 * 1024 * 1024,

  /** One group of transactions: after this much nothing more is taken from the queue. */
  groupBytesMax: 16 * 1024 * 1024,
  groupWorksMax: 4096,

  /**
   * Room that must be left for the index, which cannot tell a full disk from a failing one: with less, transactions are
   * refused as StoreFull. Asked at each group when it is scarce, else this often.
   */
  indexReserveBytes: 64 * 1024 * 1024,
  scarceBytes: 1024 * 1024 * 1024,
  freeSpaceCheckMs: 1000,

  nodeCacheBytes: 32 * 1024 * 1024,
  rowCacheBytes: 16 * 1024 * 1024,
  openFilesMax: 64,
  /** Buffers for blocks that wait for the next read. */
  freeReadBuffersMax: 32,
  /** Checksums of blob files that were read. */
  trailerCacheBytes: 4 * 1024 * 1024,
  /** Directories of blob files that are kept open, for the sync of their names. */
  blobDirectoriesMax: 16,

  /** Names and branch names; the index takes keys up to 1978 bytes. */
  indexKeyBytesMax: 1900,
  /** Expired file sets are looked for this often, at the next transaction, and at most so many go in one group. */
  sweepEveryMs: 60_000,
  sweptFileSetsMax: 256,

  /** One gRPC message, as pachd has it. */
  messageBytesMax: 20 * 1024 * 1024,
  /** What a call over gRPC may have on its way to a client that does not read. */
  unsentBytesMax: 512 * 1024,
  /** One message of a file's content that is read. */
  contentMessageBytes: 256 * 1024,
  /** What a file's content may take in memory while its stream is open, and all of a stream's; more goes to blob files. */
  heldFileBytesMax: 256 * 1024,
  heldStreamBytesMax: 16 * 1024 * 1024,
  /** Pieces of one held content: however small they are, each takes a place in memory. */
  heldPiecesMax: 1024,
  /** What all open streams may hold together. */
  heldBytesMax: 32 * 1024 * 1024,
  /** What the changes of one open stream, and of all, may take beside their contents: keys, attributes and places. */
  changesStreamBytesMax: 64 * 1024 * 1024,
  changesBytesMax: 128 * 1024 * 1024,
  /** One blob file; a longer content goes on in the next. */
  blobFileBytesMax: 1024 ** 3,

  /** Files that one listing call may ask for, as pachd has it. */
  listedFilesMax: 100_000,
  /** Entries looked at in one go before other calls get their turn. */
  scannedEntriesMax: 1024,
  /** How long a file set lives that nobody renews, and the longest renewal, as pachd has them. */
  fileSetMs: 600_000,
  renewalSecondsMax: 1800,
  /** How long a composed one may live that is not to live for ever: pachd's nanoseconds go no further, and rows hold such a time. */
  composedSecondsMax: 9_223_372_036,
  globCharactersMax: 4096,
  /** Groups within groups. */
  globDepthMax: 64,
  /** Steps of matching one path, and those after which other calls get their turn. */
  globStepsMax: 500_000,
  globTurnStepsMax: 50_000,
} as const

assert(limits.readNowBytesMax <= limits.readWarmBytesMax && limits.readWarmBytesMax <= limits.readBytesMax, 'reads on the spot are short')
assert(limits.contentMessageBytes <= limits.readWarmBytesMax, 'a message of content can be read on the spot')
assert(limits.segmentBlobBytesMax + 16 <= limits.segmentBytes, 'a small blob must fit a segment')
assert(limits.blobSyncBytes % limits.blobBlockBytes === 0, 'syncs fall between blocks')
assert(limits.blobBlockBytes % limits.blobCheckBytes === 0, 'a write ends with a whole checked block')
assert(limits.heldFileBytesMax <= bounds.smallBlobBytesMax, 'a held file must fit a small blob')
assert(bounds.smallBlobBytesMax <= limits.segmentBlobBytesMax, 'a small blob must fit what segments take')
assert(limits.heldFileBytesMax <= limits.heldStreamBytesMax, 'a held file must fit a stream')
assert(limits.changesStreamBytesMax <= limits.changesBytesMax, 'the changes of one stream must fit those of all')
assert(limits.heldStreamBytesMax <= limits.heldBytesMax, 'a held stream must fit what all may hold')
assert(limits.contentMessageBytes <= limits.readBytesMax, 'one read must fill a message of content')
assert(limits.contentMessageBytes % limits.blobCheckBytes === 0, 'a message of content is made of whole checked blocks')
