// Without zod, which weighs 90 KB gzip: the browser needs these on the first load.

export const limits = {
  tagsPerRun: 10,
  tagLength: 128,
  /** Of tasks' ids and queues' names. */
  nameLength: 128,
  metadataBytes: 256 * 1024,
  payloadBytes: 3 * 1024 * 1024,
  outputBytes: 10 * 1024 * 1024,
  /** Larger packets leave the row for the packet store. */
  inlinePacketBytes: 512 * 1024,
  batchItems: 1000,
  /** Values in one list of a filter. */
  filterValues: 100,
  /** Characters of a text that payloads are searched for. */
  filterText: 200,
  /** Runs that filters without an index of their own look at, newest first, and payloads that are searched. */
  searchedRuns: 200_000,
  searchedPayloads: 20_000,
  /** Columns of the Runs page, characters of a path of one, and bytes of data in which its value is looked for. */
  columns: 16,
  columnLength: 200,
  columnBytes: 64 * 1024,
  /** Characters of a value in a column, and runs whose values are read at once. */
  valueText: 200,
  valuedRuns: 200,
  /** Groups of runs that are shown. */
  runGroups: 100,
  /** Characters of a saved view's name and filter, and views of one person. */
  viewName: 60,
  viewQuery: 4_000,
  views: 50,
  /** Tasks that an additional key can be confined to. */
  keyTasks: 10,
  /** Scopes of one public token. */
  tokenScopes: 500,
  /** Runs that one bulk action may name, and that its filter may select. */
  bulkIds: 1000,
  bulkRuns: 500_000,
  /** Runs that match a filter are counted exactly up to here. */
  countedRuns: 10_000,
  /** Of the newest runs, so many are measured where no counters tell: waits, versions. */
  measuredRuns: 20_000,
  idempotencyKeyLength: 2048,
  tokenCreateBytes: 10 * 1024,
  streamAppendBytes: 512 * 1024,
  /** Of a build that is deployed over HTTP, and of one part of it. */
  deployBytes: 1024 ** 3,
  deployChunkBytes: 8 * 1024 * 1024,
  depth: 128,
  variableNameLength: 256,
  /** With its name it must fit into one string of a process's environment, which Linux limits to 128 KB. */
  variableValueBytes: 64 * 1024,
  /** Of one environment, and the bytes of all their values: a process's environment has about 2 MB. */
  variables: 500,
  variablesBytes: 512 * 1024,
  /** Child runs that come with a run's page; beyond, they are counted. */
  listedChildren: 200,
  /** Counted exactly up to here. */
  countedChildren: 10_000,
  /** Lines that the log dock has, and runs that it reads them from. */
  familyLogs: 2_000,
  familyRuns: 500,
  /** Runs before one in its queue. */
  countedAhead: 10_000,
} as const;

export const debounceLimits = {
  keyLength: 512,
  minDelayMs: 1000,
  maxDelayMs: 100 * 365 * 86_400_000,
} as const;

export const machinePresets = {
  micro: { cpu: 0.25, memory: 0.25 },
  "small-1x": { cpu: 0.5, memory: 0.5 },
  "small-2x": { cpu: 1, memory: 1 },
  "medium-1x": { cpu: 1, memory: 2 },
  "medium-2x": { cpu: 2, memory: 4 },
  "large-1x": { cpu: 4, memory: 8 },
  "large-2x": { cpu: 8, memory: 16 },
} as const;
