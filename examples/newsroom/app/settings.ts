import { readFileSync } from "node:fs";

/** What the installer chose; everything has a default, so that `node app/server.ts` works without a data center. */
export const settings = {
  port: Number(process.env["PORT"] ?? 3000),
  host: process.env["HOST"] ?? "127.0.0.1",
  title: process.env["PAPER_TITLE"] ?? "The Harbour Courier",
  tagline: process.env["PAPER_TAGLINE"] ?? "News from the waterfront since this morning",
  accent: process.env["PAPER_ACCENT"] ?? "sea",
  commentsOpen: process.env["COMMENTS_OPEN"] !== "false",
  commentsFile: process.env["COMMENTS_FILE"] ?? "/tmp/newsroom-comments.jsonl",
  /** Which copy answers: shown at the foot of each page, so that one can see requests move between copies. */
  instance: process.env["VDC_INSTANCE"] ?? "local",
  release: process.env["VDC_RELEASE"] ?? "0",
  deskPassword: readSecret("/run/secrets/desk-password"),
};

function readSecret(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return undefined; // without one the desk is closed
  }
}
