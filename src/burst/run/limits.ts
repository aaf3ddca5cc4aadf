/** Every bound of scheduling, with its unit. */
export const runLimits = {
  /** Workers say that they live this often; three that are missed end what they hold. */
  heartbeatMs: 2_000,
  missedHeartbeats: 3,
  /** A lease ends so long after its grant, or after it was last seen to progress. */
  leaseMs: 20_000,
  /** A task that takes so many times its stated cost is stopped; a short one is given this much anyway. */
  timeFactor: 20,
  minTimeMs: 5_000,
  /** A worker holds slots × this many tasks, or as many small ones as keep its slots busy for `bundleMs`. */
  heldFactor: 1.1,
  bundleMs: 100,
  /** What handing over a task costs at least, for tasks that state no cost. */
  minTaskMs: 0.1,
  /** Of one project, in cost, before the next one is looked at. */
  quantumMs: 100,
  quantumTasks: 64,
  /** Speculation: part of a stage that must be done, times the median, at least so long, part of all slots. */
  speculateDone: 0.75,
  speculateFactor: 1.5,
  speculateMinMs: 250,
  speculateSlots: 0.1,
  /** Measured tasks of a stage that its median is of. */
  stageSamples: 64,
  /** A task is poison after so many faults of its own on so many workers; or when so many workers vanished under it. */
  maxFaults: 3,
  faultWorkers: 2,
  maxCrashes: 8,
  /** A lost blob is made again so often. */
  maxReopened: 5,
  /** After so many faults of its own in a row a worker rests, each time twice as long. */
  workerFaults: 3,
  restMs: 1_000,
  maxRestMs: 60_000,
  /** One of so many results of a trusted worker is made again elsewhere. */
  spotCheck: 64,
  /** Equal results that a volunteer's task needs; results in a row after which a volunteer is trusted at times (BOINC). */
  quorum: 2,
  adaptiveAfter: 10,
  /** A task with so many results and no majority is not deterministic. */
  maxVotes: 5,
  /** A dispute that no further worker can decide ends the job after this. */
  disputeMs: 60_000,
  /** Results of a worker that no check has confirmed yet; more are taken as they are. */
  maxUnchecked: 10_000,
  /** Blobs that a worker is believed to hold, and up to half as many older ones; how many ready tasks and inputs are compared for it. */
  maxHolds: 4_096,
  localityTasks: 8,
  localityInputs: 8,
  /** Ready tasks that are looked at for one that a worker may have. */
  scanTasks: 1_024,
  /** Spot checks of a job that wait for a worker. */
  waitingChecks: 32,
  /** A job whose tasks are all done waits so long for checks that run. */
  endWaitMs: 1_000,
  /** And so long for the one check that each of its workers must have passed, while another worker could make it. */
  proofWaitMs: 10_000,
  /** A worker that has nothing and asked for nothing for so long is not waited for. */
  asksAgainMs: 2_000,
  /** A project that had little to do has saved up at most so much cost against the others. */
  savedMs: 1_000,
  /** Intermediate blobs of a job that may exist at once, when the job does not say. */
  residentBytes: 4 * 1024 ** 3,
  /** Ready tasks without a grant for so long are told. */
  stalledMs: 30_000,
  /** An included job may save up so much of its cores. */
  dutyBurstMs: 1_000,
  /** Jobs at once; workers that are remembered, the departed among them. */
  maxJobs: 256,
  maxWorkers: 4_096,
  maxQuarantined: 10_000,
} as const;
