/**
 * How a front knows that what it was told is still true. It asks for an echo again and again, and uses its configuration only until `leaseMs` after it
 * sent a question that was answered. The catalog waits for a front's word that it has a change, but not for ever: after `ackWithinMs`, which is longer than
 * the lease, the front either has read the change or does not trust what it holds. (An echo that the catalog sent after the change arrives after the change; one
 * that it sent before answers a question that was asked before.) So a key that was revoked is refused everywhere when revoking it is answered.
 */
export const leaseTimes = { echoEveryMs: 200, leaseMs: 900, ackWithinMs: 1_000 } as const;
