import { instanceEngineConformance } from "#apps/conformance/instance-engine.ts";
import { processHarness } from "#test/support/process-engine.ts";

instanceEngineConformance("sandboxed processes", async (limits) => await processHarness({ limits }));
