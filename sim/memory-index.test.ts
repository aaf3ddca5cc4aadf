import { indexConformance } from "#objects/catalog/conformance/ordered-rows.ts";
import { memoryIndex } from "#sim/memory-index.ts";

indexConformance("memory", memoryIndex);
