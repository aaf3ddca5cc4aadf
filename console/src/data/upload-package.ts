import { errorOfProblem, problemSchema } from "#api/problem.ts";
import { VdcError } from "#api/errors.ts";
import { routeAddress } from "#api/transport.ts";
import { api } from "#console/data/api.ts";
import type { Package } from "#console/data/app-queries.ts";

/**
 * Sends a package file. `fetch` cannot say how much of a body is sent, so this is an XMLHttpRequest. Throws the refusal, which
 * names the entry, and an `AbortError` when the signal ends it.
 */
export function uploadPackage(
  project: string,
  file: File,
  options: { readonly onSent: (bytes: number) => void; readonly signal: AbortSignal },
): Promise<Package> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const route = api.routes["package.upload"];
    request.open(route.method, routeAddress(route, { project }, {}));
    request.setRequestHeader("content-type", route.bodyType);
    request.setRequestHeader("accept", "application/json");
    request.upload.addEventListener("progress", (event) => options.onSent(event.loaded));
    request.addEventListener("load", () => {
      const answer = parsed(request.responseText);
      if (request.status === 201 || request.status === 200) return resolve(answer as Package); // by the route's schema
      const problem = problemSchema.safeParse(answer);
      reject(
        problem.success
          ? errorOfProblem(problem.data)
          : new VdcError("fault", `The data center answered with status ${request.status}.`),
      );
    });
    request.addEventListener("error", () =>
      reject(new VdcError("unreachable", "The connection broke off while the package was sent.")),
    );
    request.addEventListener("abort", () =>
      reject(new DOMException("The upload was stopped.", "AbortError")),
    );
    options.signal.addEventListener("abort", () => request.abort(), { once: true });
    request.send(file);
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
