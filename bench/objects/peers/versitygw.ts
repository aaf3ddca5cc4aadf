import { credentials, findProgram, startProgram, type PeerStarter } from "./peer.ts";

/** The Versity S3 gateway over a folder of the first drive. */
export const versitygw: PeerStarter = {
  name: "versitygw",
  absent:
    "BENCH_VERSITYGW=PATH or versitygw on PATH (go install github.com/versity/versitygw/cmd/versitygw@latest)",
  find: () => findProgram("BENCH_VERSITYGW", "versitygw"),
  start: async (program, { port, drives, directory }) => {
    const [folder = directory] = drives;
    const running = await startProgram(
      [program, "--port", `127.0.0.1:${port}`, "--keep-alive", "--quiet", "posix", folder],
      {
        port,
        directory,
        env: {
          ROOT_ACCESS_KEY: credentials.accessKeyId,
          ROOT_SECRET_KEY: credentials.secretAccessKey,
        },
      },
    );
    return {
      name: "versitygw",
      durability: "one drive, one copy, never synced",
      pids: [running.pid],
      port,
      ...credentials,
      [Symbol.asyncDispose]: async () => await running[Symbol.asyncDispose](),
    };
  },
};
