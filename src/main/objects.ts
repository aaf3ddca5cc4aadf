import { createObjectsHandler } from "#main/objects/objects-handler.ts";
import { runFront } from "#main/objects/run-front.ts";

/** A front of the object store: S3 over HTTP. Started by `vdc up`, or by its predecessor. */
await runFront(createObjectsHandler);
