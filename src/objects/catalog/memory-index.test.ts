import { indexConformance } from "./conformance/ordered-rows.ts";
import { memoryIndex } from "./memory-index.ts";

indexConformance("memory", memoryIndex);
