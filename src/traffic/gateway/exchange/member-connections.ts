import type { GatewayPorts } from "../gateway-contract.ts";
import { MemberConnection, type ConnectionOwner, type MemberUser } from "../http1/member-connection.ts";
import type { Member, MemberConnections } from "../pool-contract.ts";
import { memberKey } from "./hash.ts";
import { exchangeLimits } from "./limits.ts";

/** The idle connections of one member, the last used first: few stay warm, the others grow old and are closed. */
export class KeptConnections implements MemberConnections, ConnectionOwner {
  /** Of the member, in sticky cookies. */
  readonly key: string;
  readonly #member: Member;
  readonly #ports: GatewayPorts;
  #idle: MemberConnection[] = [];
  #isRemoved = false;

  constructor(member: Member, ports: GatewayPorts) {
    this.#member = member;
    this.#ports = ports;
    this.key = memberKey(member.pool.id, member.id);
  }

  get idleCount(): number {
    return this.#idle.length;
  }

  /** A kept connection that was in use within the time; `undefined`: open one. */
  take(user: MemberUser, now: number, withinMs: number): MemberConnection | undefined {
    const connection = this.#idle.pop();
    if (connection === undefined) return undefined;
    if (now - connection.idleSince > Math.min(withinMs, connection.idleMs)) {
      this.#idle.push(connection); // it may still do for another request, or the sweep closes it
      return undefined;
    }
    connection.use(user);
    return connection;
  }

  open(user: MemberUser): MemberConnection {
    const { address, port, wanted } = this.#member;
    if (wanted.state === "active") this.#isRemoved = false; // it drained once, and is back
    return new MemberConnection({
      connect: (onread) => this.#ports.connect(address, port, onread, wanted.account),
      owner: this,
      user,
    });
  }

  giveBack(connection: MemberConnection, now: number): void {
    if (this.#isRemoved || this.#idle.length >= exchangeLimits.idlePerMember) return connection.destroy();
    connection.rest(now);
    this.#idle.push(connection);
  }

  /** Closes what has been idle too long; the oldest stand first. True: its member has gone, and nothing is left to close. */
  sweep(now: number): boolean {
    let count = 0;
    for (const connection of this.#idle) {
      if (now - connection.idleSince <= connection.idleMs) break;
      count++;
    }
    if (count > 0) for (const connection of this.#idle.splice(0, count)) connection.destroy();
    return this.#isRemoved && this.#idle.length === 0 && !this.#member.pool.members.includes(this.#member);
  }

  removed(): void {
    this.#isRemoved = true;
    for (const connection of this.#idle.splice(0)) connection.destroy();
  }

  connectionClosed(connection: MemberConnection): void {
    const at = this.#idle.indexOf(connection);
    if (at !== -1) this.#idle.splice(at, 1);
  }
}
