import { createHash } from "node:crypto";
import { manifestSchema, type Manifest } from "#api/manifest.ts";
import { canonicalJson } from "#lib/json.ts";
import type { ComponentPlan } from "./compose/component.ts";

/**
 * The manifest of a Compose file that has none: id `local.NAME`, a version that comes from its content (so another content is
 * another package), a route for each service that listens, and a secret setting for each of its secrets.
 */
export function wrapCompose(
  name: string,
  compose: { readonly fileName: string; readonly components: readonly ComponentPlan[] },
  layerDigests: readonly string[],
): Manifest {
  const components = compose.components.map(({ component }) => component);
  const content = canonicalJson({ components, layerDigests });
  const hash = createHash("sha256").update(content).digest("hex");
  const serving = components.filter(({ listens }) => listens);
  const files = new Set(compose.components.flatMap(({ secretFiles }) => secretFiles));
  const id =
    name
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, "-")
      .replaceAll(/^-+|-+$/g, "")
      .slice(0, 40) || "app";
  return manifestSchema.parse({
    apiVersion: "vdc.app/v1",
    id: `local.${id}`,
    // A prerelease whose digits may begin with 0 would be no semantic version; a letter before them makes it one.
    version: `0.0.0-c${hash.slice(0, 12)}`,
    name,
    compose: compose.fileName,
    routes: Object.fromEntries(
      serving.map(({ name: component }, at) => [component, { component, primary: at === 0 }]),
    ),
    settings: Object.fromEntries(
      [...files].map((file) => [
        settingName(file),
        { type: "text", label: file, secret: true, required: true, file },
      ]),
    ),
  });
}

/** `db_password` as `dbPassword`. */
function settingName(file: string): string {
  const words = file.split(/[^A-Za-z0-9]+/).filter((word) => word !== "");
  const camel = words
    .map((word, at) => (at === 0 ? word.toLowerCase() : word.charAt(0).toUpperCase() + word.slice(1)))
    .join("");
  return (/^[a-z]/.test(camel) ? camel : `secret${camel}`).slice(0, 64);
}
