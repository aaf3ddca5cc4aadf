import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { localized } from "./localized.ts";

describe("the text of a package in the reader's language", () => {
  const name = { en: "Newsroom", de: "Redaktion", "pt-BR": "Redação" };

  it("is the one of the first language that there is, also for a language of a country", () => {
    assert.equal(localized(name, ["fr", "de-AT", "en"]), "Redaktion");
    assert.equal(localized(name, ["pt-br"]), "Redação");
  });

  it("is English when the reader's language is missing, else the first", () => {
    assert.equal(localized(name, ["fr"]), "Newsroom");
    assert.equal(localized({ fi: "Toimitus" }, ["fr"]), "Toimitus");
    assert.equal(localized("Everywhere", ["fr"]), "Everywhere");
    assert.equal(localized(undefined, ["fr"]), "");
  });
});
