import { findProgram, startProgram, type PeerStarter } from "./peer.ts";

/** s3rver of npm, the fake S3 that Node projects test against. */
export const s3rver: PeerStarter = {
  name: "s3rver",
  absent: "BENCH_S3RVER=PATH of its bin/s3rver.js, or s3rver on PATH (npm install s3rver)",
  find: () => findProgram("BENCH_S3RVER", "s3rver"),
  start: async (program, { port, drives, directory }) => {
    const [folder = directory] = drives;
    const words = ["--silent", "--directory", folder, "--address", "127.0.0.1", "--port", String(port)];
    // Its continuation tokens are made with a cipher that OpenSSL 3 keeps apart.
    const node = [process.execPath, "--openssl-legacy-provider"] as const;
    const running = await startProgram([...node, program, ...words], { port, directory });
    return {
      name: "s3rver",
      durability: "one drive, one copy, never synced",
      pids: [running.pid],
      port,
      accessKeyId: "S3RVER",
      secretAccessKey: "S3RVER",
      [Symbol.asyncDispose]: async () => await running[Symbol.asyncDispose](),
    };
  },
};
