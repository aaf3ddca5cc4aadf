import { VdcError } from "#api/errors.ts";

export interface S3Answer {
  readonly etag: string;
  readonly text: string;
}

/**
 * One request to the S3 service at an address that carries its own signature. `fetch` cannot say how much of a body is sent, so this is an
 * XMLHttpRequest. Throws S3's refusal in its words (`already-exists` for a condition that does not hold), `unreachable`, and an
 * `AbortError` when the signal ends it.
 */
export function sendToS3(
  method: string,
  url: string,
  options: {
    readonly signal: AbortSignal;
    readonly body?: Blob | string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly onSent?: (bytes: number) => void;
  },
): Promise<S3Answer> {
  const { signal, body, headers = {}, onSent } = options;
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(stopped());
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    request.open(method, url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    if (onSent !== undefined) request.upload.addEventListener("progress", (event) => onSent(event.loaded));
    request.addEventListener("load", () => {
      const failure = refusalOf(request.status, request.responseText);
      if (failure !== undefined) return reject(failure);
      resolve({ etag: request.getResponseHeader("etag") ?? "", text: request.responseText });
    });
    request.addEventListener("error", () =>
      reject(
        new VdcError(
          "unreachable",
          `The S3 service at ${new URL(url).origin} cannot be reached from this page.`,
        ),
      ),
    );
    request.addEventListener("abort", () => reject(stopped()));
    request.addEventListener("loadend", () => signal.removeEventListener("abort", abort));
    signal.addEventListener("abort", abort, { once: true });
    request.send(body ?? null);
  });
}

function stopped(): DOMException {
  return new DOMException("The transfer was stopped.", "AbortError");
}

/** S3 answers some failures with status 200 and an error in the body. */
function refusalOf(status: number, text: string): VdcError | undefined {
  const isError = /^\s*(?:<\?xml[^>]*>\s*)?<Error>/.test(text);
  if (status >= 200 && status < 300 && !isError) return undefined;
  const code = elementOf(text, "Code") ?? `status ${status}`;
  const message = elementOf(text, "Message") ?? "It gave no reason.";
  if (status === 412) return new VdcError("already-exists", "An object of this name is there already.");
  return new VdcError(
    status >= 500 ? "unavailable" : "forbidden",
    `The S3 service refused: ${message} (${code})`,
  );
}

/** The text of the first element of this name; undefined without one. */
export function elementOf(xml: string, name: string): string | undefined {
  const found = new DOMParser().parseFromString(xml, "application/xml").getElementsByTagNameNS("*", name);
  return found[0]?.textContent ?? undefined;
}
