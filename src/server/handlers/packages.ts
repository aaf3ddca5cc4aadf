import type { HandlersFor } from "../handler.ts";
import type { Services } from "../services.ts";

/** Packages as files, secrets' values, and the gateways: what is not a resource's spec. */
export function packageHandlers({
  packages,
  secrets,
  traffic,
}: Services): HandlersFor<"package.upload" | "package.blob" | "secret.set" | "gateway.list"> {
  return {
    "package.upload": async ({ params, upload, by, signal }) =>
      await packages.upload(params.project, upload, by, signal),
    "package.blob": async ({ params, signal }) => await packages.blob(params, params.digest, signal),
    "secret.set": async ({ params, body, by }) => ({ ...(await secrets.set(params, body.value, by)) }),
    "gateway.list": async ({ signal }) => ({ items: [...(await traffic.gateways(signal))] }),
  };
}
