import type { ObjectsServiceOptions } from "./base.ts";
import { configService } from "./bucket-config.ts";
import { bucketService } from "./buckets.ts";
import { endpointService } from "./endpoints.ts";
import { keyService } from "./keys.ts";
import { storeService } from "./store.ts";

/** What people do with the object store beside writing specs: `ObjectsService` of the server. */
export type ObjectsService = ReturnType<typeof createObjectsService>;

export function createObjectsService(options: ObjectsServiceOptions) {
  return {
    ...storeService(options),
    ...keyService(options),
    ...bucketService(options),
    ...configService(options),
    ...endpointService(options),
  };
}
