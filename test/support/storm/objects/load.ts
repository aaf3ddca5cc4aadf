import type { SigningCredentials } from "#objects/s3/auth/sign.ts";
import { StormClient } from "./client.ts";
import { PlainS3 } from "./plain-s3.ts";
import { ObjectTally } from "./tally.ts";

/** Mixed load by clients that each keep one connection and the truth about their own objects. */
export interface ObjectLoad {
  readonly tally: ObjectTally;
  /** Resolves when all clients have read and compared all that they were acknowledged. */
  check(): Promise<void>;
  stop(): Promise<void>;
}

export function startObjectLoad(options: {
  readonly port: number;
  readonly credentials: SigningCredentials;
  readonly bucket: string;
  readonly clients: number;
}): ObjectLoad {
  const { port, credentials, bucket } = options;
  const tally = new ObjectTally();
  const stopping = new AbortController();
  const clients = Array.from({ length: options.clients }, (_, index) => {
    const s3 = new PlainS3(port, credentials);
    return { s3, client: new StormClient(s3, { bucket, prefix: `client-${index}/`, tally }) };
  });
  const running = clients.map(async ({ client }) => await client.run(stopping.signal));
  return {
    tally,
    check: async () => void (await Promise.all(clients.map(async ({ client }) => await client.check()))),
    stop: async () => {
      stopping.abort();
      await Promise.all(running);
      for (const { s3 } of clients) s3[Symbol.dispose]();
    },
  };
}
