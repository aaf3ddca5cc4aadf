import { z } from "zod";
import { manifestSchema } from "#api/manifest.ts";
import type { GeneratedFile } from "#tools/generated-file.ts";

/** docs/reference/vdc-app.schema.json: what editors check `vdc-app.yaml` by (JSON Schema 2020-12). */
export const packageSchema: GeneratedFile = {
  path: "docs/reference/vdc-app.schema.json",
  generate: () => {
    const schema = z.toJSONSchema(manifestSchema, { io: "input", unrepresentable: "any" });
    const described = { title: "vdc-app.yaml", description: "What a VDC package says of itself", ...schema };
    return `${JSON.stringify(described, undefined, 2)}\n`;
  },
};
