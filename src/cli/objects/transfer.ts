import type { Call } from "#cli/declare.ts";
import { withSession, type Session } from "#cli/session.ts";
import { Exchange } from "./exchange.ts";

/** Runs `work` with a connection to the data center, and one to its S3 service. */
export async function withExchange(
  call: Call,
  work: (session: Session, exchange: Exchange) => Promise<void>,
): Promise<void> {
  await withSession(call, async (session) => {
    // S3 has an address of its own: its certificate is one that authorities vouch for, or it speaks plain HTTP on this machine.
    const bound = session.ports.bind({ via: "address" });
    try {
      await work(session, new Exchange(session, bound));
    } finally {
      bound.close();
    }
  });
}
