import { z } from "zod";
import {
  balanceSchema,
  clusterSchema,
  invoiceSchema,
  jobProgressSchema,
  jobSchema,
  jobTasksSchema,
  offerSchema,
  type Balance,
  type Cluster,
  type Job,
  type JobProgress,
  type Offer,
} from "#api/burst.ts";
import { ServerRefusal, SignedOut } from "../data/own-server.ts";

const blobsSchema = z.object({
  put: z.array(
    z.object({
      blob: z.string(),
      url: z.string().optional(),
      headers: z.record(z.string(), z.string()).optional(),
    }),
  ),
  get: z.array(z.object({ blob: z.string(), url: z.string().optional(), inline: z.string().optional() })),
});
type JobTasks = z.infer<typeof jobTasksSchema>;
export type BlobAddresses = z.infer<typeof blobsSchema>;

/** The data center's API as the user, through the page's own server. Rejects with `ServerRefusal`, whose message is the API's own for people. */
export const center = {
  /** Whether the project has admitted a package of kernels. */
  hasPackage: async (hash: string): Promise<boolean> => {
    const answer = await fetch(`/api/center/project/burst/packages/${hash}`);
    if (answer.status !== 404 && !answer.ok) throw await refusalOf(answer);
    return answer.ok;
  },
  /** The fixed facts of a job's tasks, in the order of their numbers. */
  tasks: async (id: string): Promise<JobTasks["items"]> => {
    const items: JobTasks["items"] = [];
    for (let after: number | undefined = -1; after !== undefined;) {
      const page: JobTasks = await call("GET", `project/jobs/${id}/tasks?after=${after}`, jobTasksSchema);
      items.push(...page.items);
      after = page.next;
    }
    return items;
  },
  /** Sends a graph; answers its hash. */
  putGraph: async (gzip: Blob) =>
    (await call("POST", "project/burst/graphs", z.object({ graph: z.string() }), { raw: gzip })).graph,
  offer: async (graph: string, title: string, app: string): Promise<Offer> =>
    await call("POST", "project/offers", offerSchema, { json: { graph, title, app } }),
  offerOf: async (id: string): Promise<Offer> => await call("GET", `project/offers/${id}`, offerSchema),
  /** Reserves the bound and begins the job, both or neither; `bound`: at most this much. */
  accept: async ({ id, quoteHash }: Offer, bound: string | undefined): Promise<Offer> =>
    await call("POST", `project/offers/${id}/accept`, offerSchema, {
      json: { quoteHash, ...(bound === undefined ? {} : { bound }) },
    }),
  /** Begins a job within the plan: free, and slow. */
  runWithinPlan: async (graph: string, title: string, app: string): Promise<Job> =>
    await call("POST", "project/jobs", jobSchema, { json: { graph, title, app, mode: "included" } }),
  job: async (id: string): Promise<Job> => await call("GET", `project/jobs/${id}`, jobSchema),
  cancel: async (id: string): Promise<Job> => await call("POST", `project/jobs/${id}/cancel`, jobSchema),
  pause: async (id: string): Promise<Job> => await call("POST", `project/jobs/${id}/pause`, jobSchema),
  resume: async (id: string): Promise<Job> => await call("POST", `project/jobs/${id}/resume`, jobSchema),
  raiseBound: async (id: string, bound: string): Promise<Job> =>
    await call("POST", `project/jobs/${id}/raise-bound`, jobSchema, { json: { bound } }),
  invoice: async (id: string) => await call("GET", `project/jobs/${id}/invoice`, invoiceSchema),
  balance: async (): Promise<Balance> => await call("GET", "project/balance", balanceSchema),
  cluster: async (): Promise<Cluster> => await call("GET", "burst/cluster", clusterSchema),
  /** Addresses for blobs: which of those to send are missing, and where others are read. At most 512 of each. */
  blobs: async (wanted: {
    readonly put?: readonly { readonly blob: string; readonly bytes: number }[];
    readonly get?: readonly string[];
  }): Promise<BlobAddresses> =>
    await call("POST", "project/burst/blobs", blobsSchema, {
      json: { put: wanted.put ?? [], get: wanted.get ?? [] },
    }),
};

const retryMs = 1_000;
/** The data center says something at least every fifteen seconds; a connection that is silent for longer did not survive the sleep of this machine. */
const silentMs = 50_000;

/**
 * A job as it goes on; ends with the job, or when the signal aborts. A connection that breaks is opened again: the first message of each has the state of every task, so a lid that
 * was closed for an hour costs nothing.
 */
export async function* watchJob(id: string, signal: AbortSignal): AsyncGenerator<JobProgress> {
  for (;;) {
    try {
      for await (const text of events(`project/jobs/${id}/watch`, signal)) {
        const progress = readProgress(text);
        yield progress;
        if (isOver(progress.job)) return;
      }
    } catch (error) {
      if (error instanceof SignedOut || (error instanceof ServerRefusal && error.status < 500)) throw error;
    }
    if (signal.aborted) return;
    await new Promise((resolve) => setTimeout(resolve, retryMs));
  }
}

/** The page may have been kept since before the data center learned to say more: what it does not know it leaves out. */
function readProgress(text: string): JobProgress {
  const read = z.object(jobProgressSchema.shape).safeParse(JSON.parse(text));
  if (read.success) return read.data;
  throw new ServerRefusal(406, "The data center speaks of jobs in another way than this page; reload it.");
}

export function isOver({ state }: Pick<Job, "state">): boolean {
  return state === "succeeded" || state === "failed" || state === "cancelled";
}

/** Data of server-sent events (WHATWG HTML, section 9.2). */
async function* events(path: string, signal: AbortSignal): AsyncGenerator<string> {
  const silence = new AbortController();
  const answer = await fetch(`/api/center/${path}`, {
    signal: AbortSignal.any([signal, silence.signal]),
    headers: { accept: "text/event-stream" },
  });
  if (!answer.ok || answer.body === null) throw await refusalOf(answer);
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const timer = setTimeout(() => silence.abort(), silentMs);
    const { done, value } = await reader.read().finally(() => clearTimeout(timer));
    if (done) return;
    const blocks = (rest + value).split("\n\n");
    rest = blocks.pop() ?? "";
    for (const block of blocks) {
      const data = block
        .split("\n")
        .filter((line) => line.startsWith("data:"))
        .map((line) => line.slice(5).trimStart());
      if (data.length > 0) yield data.join("\n");
    }
  }
}

async function call<T>(
  method: string,
  path: string,
  schema: z.ZodType<T>,
  body: { readonly json?: unknown; readonly raw?: Blob } = {},
): Promise<T> {
  const init =
    body.raw !== undefined
      ? { body: body.raw, headers: { "content-type": "application/octet-stream" } }
      : body.json !== undefined
        ? { body: JSON.stringify(body.json), headers: { "content-type": "application/json" } }
        : {};
  const answer = await fetch(`/api/center/${path}`, { method, ...init });
  if (!answer.ok) throw await refusalOf(answer);
  return schema.parse(await answer.json());
}

async function refusalOf(answer: Response): Promise<Error> {
  if (answer.status === 401) return new SignedOut("Sign in again to go on.");
  const problem = z
    .object({ detail: z.string().optional(), title: z.string().optional() })
    .safeParse(await answer.json().catch(() => undefined));
  const words = problem.data?.detail ?? problem.data?.title;
  return new ServerRefusal(answer.status, words ?? `The data center answered ${answer.status}.`);
}
