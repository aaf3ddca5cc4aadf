import { credentials, findProgram, startProgram, type PeerStarter } from "./peer.ts";

/** MinIO's last community release. */
export const minio: PeerStarter = {
  name: "MinIO",
  absent: "BENCH_MINIO=PATH or minio on PATH (go install github.com/minio/minio@latest)",
  find: () => findProgram("BENCH_MINIO", "minio"),
  start: async (program, { port, drives, directory }) => {
    const running = await startProgram(
      [program, "server", "--quiet", "--address", `127.0.0.1:${port}`, ...drives],
      {
        port,
        directory,
        env: {
          HOME: directory,
          MINIO_ROOT_USER: credentials.accessKeyId,
          MINIO_ROOT_PASSWORD: credentials.secretAccessKey,
          // The parity that VDC has on as many drives; with fewer than four its own is the same.
          ...(drives.length >= 4 ? { MINIO_STORAGE_CLASS_STANDARD: "EC:2" } : {}),
          MINIO_BROWSER: "off",
          MINIO_UPDATE: "off",
          // Takes drives that share the file system of the root, which it otherwise refuses.
          MINIO_CI_CD: "1",
        },
      },
    );
    return {
      name: "MinIO",
      durability: `${drives.length} drives, erasure coded; files are synced, folders are not`,
      pids: [running.pid],
      port,
      ...credentials,
      [Symbol.asyncDispose]: async () => await running[Symbol.asyncDispose](),
    };
  },
};
