import { SharedSqliteIndex, type SharedRow } from "#drivers/sqlite/shared-index.ts";
import type { Clock } from "#lib/clock.ts";
import type { Log } from "#lib/log.ts";
import type { SharedIndex } from "#objects/catalog/shared-index.ts";
import type { FedConfiguration } from "#objects/wire/configuration.ts";

/** After a failure the catalog is asked for so long. */
const pauseMs = 1_000;

/** The index of the catalog that this front is connected to. What cannot be read here is no error: the catalog is asked. */
export class SharedRows implements SharedIndex {
  readonly #path: string;
  readonly #configuration: Pick<FedConfiguration, "facts" | "isCurrent">;
  readonly #clock: Clock;
  readonly #log: Log;
  #open: SharedSqliteIndex | undefined;
  #pausedUntil = -Infinity;

  constructor(
    path: string,
    ports: {
      readonly configuration: Pick<FedConfiguration, "facts" | "isCurrent">;
      readonly clock: Clock;
      readonly log: Log;
    },
  ) {
    this.#path = path;
    this.#configuration = ports.configuration;
    this.#clock = ports.clock;
    this.#log = ports.log;
  }

  get(key: Uint8Array): SharedRow | undefined {
    const { facts, isCurrent } = this.#configuration;
    const token = facts?.indexToken;
    if (!isCurrent || token === undefined || this.#clock.monotonic() < this.#pausedUntil) return undefined;
    try {
      return this.#opened(token).get(key);
    } catch (error) {
      this.#pausedUntil = this.#clock.monotonic() + pauseMs;
      this.#forget();
      this.#log.warn("objects.index.unread", { error });
      return undefined;
    }
  }

  #opened(token: string): SharedSqliteIndex {
    if (this.#open?.token !== token) this.#forget();
    this.#open ??= new SharedSqliteIndex(this.#path, token);
    return this.#open;
  }

  #forget(): void {
    this.#open?.[Symbol.dispose]();
    this.#open = undefined;
  }
}
