import type { HandlersFor } from "../handler.ts";
import type { Services } from "../services.ts";

/** The object store: what is not a resource's spec. */
export function objectHandlers({
  objects,
}: Services): HandlersFor<
  | "object-store.status"
  | "object-store.drives"
  | "object-store.work"
  | "object-store.endpoints"
  | "object-store.put-endpoint"
  | "object-store.remove-endpoint"
  | "drive.drill"
  | "drive.end-drill"
  | "key.issue"
  | "key.revoke"
  | "bucket.objects"
  | "bucket.object"
  | "bucket.read-urls"
  | "bucket.write-urls"
  | "bucket.delete-objects"
  | "bucket.config"
  | "bucket.configure"
> {
  return {
    "object-store.status": async () => await objects.status(),
    "object-store.drives": async () => ({ items: [...(await objects.drives())] }),
    "object-store.work": async ({ body, by }) => await objects.work(body.work, by),
    "object-store.endpoints": async () => ({ items: [...(await objects.endpoints())] }),
    "object-store.put-endpoint": async ({ params, body, by }) => await objects.putEndpoint(params, body, by),
    "object-store.remove-endpoint": async ({ params, by }) => {
      await objects.removeEndpoint(params, by);
      return {};
    },
    "drive.drill": async ({ params, body, by }) => {
      await objects.drill(params.name, body, by);
      return {};
    },
    "drive.end-drill": async ({ params, by }) => {
      await objects.endDrill(params.name, by);
      return {};
    },
    "key.issue": async ({ params, body, by }) => await objects.issue(params, body, by),
    "key.revoke": async ({ params, body, by }) => await objects.revoke(params, body.accessKeyId, by),
    "bucket.objects": async ({ params, query }) => await objects.list(params, query),
    "bucket.object": async ({ params, query }) => await objects.show(params, query),
    "bucket.read-urls": async ({ params, body }) => await objects.urls(params, body, "read"),
    "bucket.write-urls": async ({ params, body }) => await objects.urls(params, body, "write"),
    "bucket.delete-objects": async ({ params, body, by }) => await objects.remove(params, body.targets, by),
    "bucket.config": async ({ params }) => await objects.config(params),
    "bucket.configure": async ({ params, body, by }) => await objects.configure(params, body, by),
  };
}
