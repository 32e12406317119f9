import assert from 'node:assert'

/** Every bound of the gateway, unit last in the name. The relations that must hold between them are asserted below. */
export const limits = {
  /** A body up to this size is held in memory and sent whole; a longer one goes to a file set. */
  heldBodyBytesMax: 256 * 1024,
  /** All bodies held in memory, the committer's queue and write buffers together. */
  bodyBudgetBytes: 64 * 1024 * 1024,
  /** Of these, bodies of objects: they can go to a file set, and must not keep documents from theirs. */
  heldBudgetBytes: 56 * 1024 * 1024,
  /** Of these, documents that are being read: they cannot go anywhere else, and must not keep bodies from their room. */
  documentBudgetBytes: 32 * 1024 * 1024,
  /** Messages of a streamed body that may wait for the server. */
  queuedMessagesMax: 2,

  /** Request line and header fields together; more is 431. */
  headBytesMax: 32 * 1024,
  headerFieldsMax: 128,
  keyBytesMax: 1024,
  userMetadataBytesMax: 2 * 1024,
  /** Content-Type, Cache-Control and their like, names and values: with the user's, encoded, below the 16 KiB of head that clients read. */
  systemMetadataBytesMax: 2 * 1024,
  objectBytesMax: 5 * 1024 ** 4,
  /** One PUT or one part. */
  uploadBytesMax: 5 * 1024 ** 3,
  partsMax: 10_000,
  partBytesMin: 5 * 1024 * 1024,
  listKeysMax: 1000,
  deleteKeysMax: 1000,

  completeXmlBytesMax: 4 * 1024 * 1024,
  deleteXmlBytesMax: 2 * 1024 * 1024,
  otherXmlBytesMax: 64 * 1024,
  xmlDepthMax: 8,
  xmlAttributesMax: 8,
  /** The parts of an upload, each with number, tag and up to five checksums and more. */
  xmlElementsMax: 100_000,
  xmlTextBytesMax: 4 * 1024,
  /** What is read of a document before others have their turn. */
  xmlSliceBytes: 32 * 1024,

  /** One committed batch. */
  batchEditsMax: 4096,
  batchBytesMax: 16 * 1024 * 1024,
  /** Batches under way together, which share the two bounds above. */
  batchesAtOnceMax: 64,

  /** Data of a server stream that nobody has consumed yet, in process. */
  streamCreditBytes: 512 * 1024,
  /** The same of all streams together: beyond, none is read ahead of a client that does not take what it asked for. */
  readAheadBytes: 64 * 1024 * 1024,
  /**
   * What reads of files may have on their way, all together, and what each takes of it; beyond it they read piece by piece, and
   * so many pieces are on their way at once.
   */
  filesAheadBytesMax: 32 * 1024 * 1024,
  fileAheadBytes: 512 * 1024,
  readPieceBytes: 256 * 1024,
  readPiecesMax: 32,
  /** Calls to a PFS server over a network. */
  unaryMsMax: 10_000,
  streamIdleMsMax: 30_000,
  connectMsMax: 5_000,
  /** Calls of one connection that this side cuts off before it takes another. */
  connectionResetsMax: 256,
  /** How long a write waits for a branch whose head somebody holds open. */
  headOpenMsMax: 5_000,
  /** How long a server that answers early may take to finish a commit. */
  commitMsMax: 60_000,
  /** How often a batch is judged again because the head moved under it. */
  headMovesMax: 16,
  /** The longest pause before such another try; two gateways that wait alike would meet again. */
  headMovedMsMax: 32,
  /** What is remembered of finished commits: heads and commits in number, what is known of files in bytes. */
  rememberedHeadsMax: 10_000,
  rememberedCommitsMax: 10_000,
  rememberedFilesBytesMax: 32 * 1024 * 1024,
  /** And of what is in them: the bodies in all, and the longest one that is worth it. */
  rememberedBodiesBytesMax: 32 * 1024 * 1024,
  rememberedBodyBytesMax: 64 * 1024,
  /** A body that comes with the look-up of its file. It cannot be let go of and read again, so it is what a socket takes at once. */
  broughtBodyBytesMax: 16 * 1024,

  /** What is begun before the event loop comes round again. */
  turnMsMax: 2,
  headersTimeoutMs: 10_000,
  connectionsCheckMs: 1_000,
  keepAliveTimeoutMs: 75_000,
  bodyIdleMsMax: 20_000,
  /** A body that brings less than this in a window is given up too: a drip would hold its place for ever. */
  bodyRateWindowMs: 60_000,
  bodyRateBytesMin: 60 * 1024,
  /**
   * So many pieces of a body in a row that bring less than this within a while are crumbs: the connection rests, and is woken
   * in its turn. Between two turns lie `crumbRestMs` at the most.
   */
  crumbPieces: 256,
  crumbBytesMin: 64 * 1024,
  crumbWindowMs: 1_000,
  crumbRestMs: 100,
  replyIdleMsMax: 30_000,
  /** How often it is asked whether slow clients took something of what the kernel holds for them; less than this is nothing. */
  replyLookMs: 2_000,
  replyTakenBytesMin: 16 * 1024,
  /** A reply that moved nothing for this long lets go of what it can read again. */
  replyParkMs: 500,
  /**
   * What replies hold that their clients have not taken. Up to the first bound they write as it comes, and beyond in slices; up
   * to the second they keep what follows a slice, and beyond those that have stalled longest are parked; from the third on these
   * are given up, though not before they have stalled for a while, nor, up to the last bound, in a pause of a client that is known
   * to go on.
   */
  unsentWholeBytesMax: 16 * 1024 * 1024,
  unsentSliceBytes: 32 * 1024,
  unsentParkBytes: 24 * 1024 * 1024,
  unsentBytesMax: 96 * 1024 * 1024,
  unsentLastBytesMax: 128 * 1024 * 1024,
  unsentStallMs: 1_000,
  unsentPauseMs: 8_000,
  drainMsMax: 30_000,
  /** An unread body up to this size is read and thrown away after an error, so that the connection lives on. */
  drainedBodyBytesMax: 64 * 1024,
  /** A larger one ends the connection, after this much of it was read away so that the client gets to read the answer. */
  lingerBytesMax: 8 * 1024 * 1024,
  lingerMsMax: 3_000,
  /** Connections at once, as far as the process may open that many files: so many are for the store, whatever is left for them. */
  connectionsMax: 10_000,
  connectionsMin: 16,
  storeDescriptorsMax: 256,
  requestsPerSocketMax: 10_000,
  /** Requests of one connection that were taken in and are not answered: behind so many nothing more is read. */
  pipelinedRequestsMax: 32,

  /** Of the log, what may wait to be written; and how long the end of the process waits for it. */
  logCharactersMax: 4 * 1024 * 1024,
  logFlushMsMax: 1_000,

  clockSkewMsMax: 15 * 60 * 1000,
  presignSecondsMax: 7 * 24 * 3600,
  /** aws-chunked: one size line with its extensions; every chunk but the last has at least this many bytes. */
  chunkLineBytesMax: 1024,
  chunkBytesMin: 8 * 1024,
  trailerBytesMax: 4 * 1024,
  /** Size lines may come to this share of the content; the rule of `chunkBytesMin` keeps them below it. */
  framingShareMax: 0.25,

  uploadLifetimeMs: 7 * 24 * 3600 * 1000,
  /** How long a completed upload is remembered, so that the same request again is answered alike. */
  tombstoneMs: 24 * 3600 * 1000,
  /** How long another gateway may take to complete an upload before it counts as dead. */
  claimMsMax: 60_000,
  /** How often a repo is looked through for uploads that are too old. */
  uploadSweepMs: 3600 * 1000,
  /** How many commits of a branch are looked through for what became of an interrupted completion. */
  recoveredCommitsMax: 10_000,
} as const

assert(limits.heldBodyBytesMax <= limits.batchBytesMax, 'a held body must fit a batch')
assert(limits.batchBytesMax <= limits.heldBudgetBytes, 'a batch must fit the budget')
assert(limits.heldBudgetBytes + limits.completeXmlBytesMax <= limits.bodyBudgetBytes, 'bodies must leave room for a document')
assert(limits.documentBudgetBytes <= limits.bodyBudgetBytes, 'documents must fit the budget')
assert(limits.completeXmlBytesMax <= limits.documentBudgetBytes, 'a document must fit its budget')
assert(limits.xmlElementsMax >= limits.partsMax * 8, 'every part of an upload must fit a document')
assert(limits.deleteKeysMax <= limits.batchEditsMax, 'one DeleteObjects must fit a batch')
assert(limits.unsentWholeBytesMax < limits.unsentParkBytes && limits.unsentParkBytes < limits.unsentBytesMax, 'slices must have room')
assert(limits.unsentBytesMax <= limits.unsentLastBytesMax, 'the last bound must be the last')
assert(limits.replyParkMs < limits.unsentStallMs && limits.unsentStallMs < limits.unsentPauseMs, 'a reply is parked before it is given up')
assert(limits.unsentPauseMs < limits.replyIdleMsMax && limits.replyLookMs * 2 < limits.unsentPauseMs, 'a pause must be seen to end')
assert(limits.broughtBodyBytesMax <= limits.unsentSliceBytes, 'what cannot be parked must be short')
assert(limits.replyParkMs <= limits.replyLookMs, 'whoever is looked at is parked')
assert(limits.chunkLineBytesMax <= limits.chunkBytesMin * limits.framingShareMax, 'size lines must keep to their share')
