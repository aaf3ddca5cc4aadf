import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { SMTPServer } from "smtp-server";
import { systemClock } from "#lib/clock.ts";

/** Something that a subscriber was told. */
export interface Notice {
  /** Monotonic, milliseconds: when it was there. */
  readonly at: number;
  readonly by: "webhook" | "email";
  readonly project: string;
  /** `ended`: the trouble has ended, and is watched. */
  readonly status: "open" | "ended" | "resolved";
  readonly title: string;
}

/** Where subscribers are told: a web server and a mail server that keep what they are given. */
export interface Receivers extends AsyncDisposable {
  readonly notices: readonly Notice[];
  /** `PROJECT` is the last part of the path. */
  readonly hookUrl: (project: string) => string;
  readonly smtpUrl: string;
}

export async function startReceivers(): Promise<Receivers> {
  const notices: Notice[] = [];
  const hooks = createServer((request, response) => {
    let text = "";
    request.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    request.on("end", () => {
      // Our own program's words, which its tests prove.
      const { data } = JSON.parse(text) as { data: { title: string; status: string; text: string } };
      const project = new URL(request.url ?? "", "http://receiver").pathname.slice(1);
      notices.push({
        at: systemClock.monotonic(),
        by: "webhook",
        project,
        status: statusOf(data.text, data.status),
        title: data.title,
      });
      response.writeHead(204).end();
    });
  });
  const mails = new SMTPServer({
    authOptional: true,
    disabledCommands: ["STARTTLS"],
    onData: (stream, _session, done) => {
      let text = "";
      stream.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      stream.on("end", () => {
        const [, project = ""] = /^To: .*?@(\w+)\.example/im.exec(text) ?? [];
        const [, title = ""] = /^Subject: (.*)$/im.exec(text) ?? [];
        const status = statusOf(text, title.includes("Resolved:") ? "resolved" : "");
        notices.push({ at: systemClock.monotonic(), by: "email", project, status, title });
        done();
      });
    },
  });
  hooks.listen(0, "127.0.0.1");
  await once(hooks, "listening");
  await new Promise<void>((resolve) => void mails.listen(0, "127.0.0.1", resolve));
  const portOf = (server: { address(): unknown }) => (server.address() as AddressInfo).port; // both listen on TCP
  return {
    notices,
    hookUrl: (project) => `http://127.0.0.1:${portOf(hooks)}/${project}`,
    smtpUrl: `smtp://127.0.0.1:${portOf(mails.server)}`,
    [Symbol.asyncDispose]: async () => {
      hooks.closeAllConnections();
      hooks.close();
      await new Promise<void>((resolve) => {
        mails.close(resolve);
      });
    },
  };
}

function statusOf(text: string, status: string): Notice["status"] {
  if (status === "resolved") return status;
  return text.includes("The trouble has ended.") ? "ended" : "open";
}
