import type { Attribution } from "#api/actor.ts";
import type { SignedManifest } from "#api/burst-package.ts";
import { VdcError } from "#api/errors.ts";
import { projectKind, type ProjectSpec } from "#api/kinds/project.ts";
import type { BurstJobs } from "#store/burst-jobs.ts";
import type { ResourceStore } from "#store/store.ts";
import { parseManifest } from "../packages/manifest.ts";
import { publicKeyText, signManifest, type SigningKey } from "../packages/signature.ts";

export interface PublisherParts {
  readonly resources: Pick<ResourceStore, "get">;
  readonly jobs: Pick<BurstJobs, "transact">;
  /** The data center's own; absent where it has no place to keep one. */
  readonly ownKey: SigningKey | undefined;
}

/** Whose kernel packages are taken: the data center's own key everywhere, and in each project the keys that it trusts for its apps. */
export class Publishers {
  readonly #parts: PublisherParts;

  constructor(parts: PublisherParts) {
    this.#parts = parts;
  }

  /** Public keys as people see them. */
  async trustedIn(project: string): Promise<readonly string[]> {
    const { resources, ownKey } = this.#parts;
    const found = await resources.get({ kind: projectKind.kind, name: project });
    const spec = found?.spec as ProjectSpec | undefined; // the store holds what the kind's schema let in
    const named = (spec?.packages?.keys ?? []).map(({ publicKey }) => publicKey);
    return ownKey === undefined ? named : [publicKeyText(ownKey.publicKey), ...named];
  }

  /** As people see it. Throws `unavailable` where there is none. */
  publicKey(): string {
    return publicKeyText(this.#own.publicKey);
  }

  /** Signs manifests and nothing else: the key vouches for no other kind of text. Throws `invalid`. */
  async sign(manifest: string, by: Attribution): Promise<SignedManifest> {
    const { name, version } = parseManifest(manifest);
    const signed = await signManifest(manifest, this.#own);
    await this.#parts.jobs.transact(by, (_, records) => {
      const target = { kind: "kernels", name: `${name}@${version}` };
      records.audit({ verb: "sign", target, outcome: "done" });
      return Promise.resolve();
    });
    return signed;
  }

  get #own(): SigningKey {
    if (this.#parts.ownKey !== undefined) return this.#parts.ownKey;
    throw new VdcError("unavailable", "This data center has no signing key of its own: it keeps no files.");
  }
}
