import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { parseAnsi, plainText } from "#console/lib/ansi.ts";

describe("escape sequences in logs", () => {
  it("colours and weights are taken from SGR sequences and end where they are reset", () => {
    assert.deepEqual(parseAnsi("a\u001B[1;31mb\u001B[22mc\u001B[0md"), [
      { text: "a", style: {} },
      { text: "b", style: { bold: true, colour: 1 } },
      { text: "c", style: { colour: 1 } },
      { text: "d", style: {} },
    ]);
  });

  it("256 colours and true colours become the nearest basic one", () => {
    const colourOf = (code: string) => parseAnsi(`\u001B[${code}mx`)[0]?.style.colour;
    assert.equal(colourOf("38;5;196"), 9);
    assert.equal(colourOf("38;2;0;160;0"), 2);
    assert.equal(colourOf("38:2:120:120:120"), 8);
    assert.equal(colourOf("38;5;3"), 3);
  });

  it("a program cannot move the cursor, set titles or write links into the viewer", () => {
    const text = "\u001B[2J\u001B]0;title\u0007a\u001B]8;;http://x.test\u001B\\b\u001B[10;10Hc\rd\b";
    assert.equal(plainText(text), "abcd");
  });

  it("characters that turn the direction of reading are made visible", () => {
    assert.equal(plainText("a\u202Eb\u2066c"), "a\uFFFDb\uFFFDc");
  });

  it("concealed text is shown, and markup stays text", () => {
    assert.deepEqual(parseAnsi("\u001B[8m<img src=x onerror=alert(1)>"), [
      { text: "<img src=x onerror=alert(1)>", style: {} },
    ]);
  });

  it("the runs of any line joined are its plain text", () => {
    const piece = fc.oneof(
      fc.string(),
      fc.constantFrom(
        "\u001B[",
        "\u001B]",
        "\u0007",
        "\u001B\\",
        "\u001B",
        "m",
        "31",
        ";",
        "\u001B[0m",
        "\u001B[38;5;",
      ),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const line = pieces.join("");
        assert.equal(
          parseAnsi(line)
            .map((run) => run.text)
            .join(""),
          plainText(line),
        );
      }),
    );
  });

  it("a line of nothing but changes of colour ends, with its whole text", () => {
    const line = "\u001B[31ma".repeat(20_000);
    const runs = parseAnsi(line);
    assert.ok(runs.length < 600);
    assert.equal(runs.map((run) => run.text).join(""), "a".repeat(20_000));
  });
});
