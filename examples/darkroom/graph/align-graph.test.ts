import assert from "node:assert/strict";
import { test } from "node:test";
import { webAssembly } from "#burst/kernel/web-assembly.ts";
import { runGraph } from "#test/support/run-graph.ts";
import { buildKernel } from "../kernels/build-kernel.ts";
import { alignGraph } from "./align-graph.ts";
import { type Shot, storeFrame, takePicture } from "./bracket-scene.ts";
import { readTransforms, scaledTransform, type Transform } from "./transform.ts";

const module = new webAssembly.Module(await buildKernel("radiance"));
const packageHash = "0".repeat(64);
const size = { width: 480, height: 360 };

function align(shots: readonly Omit<Shot, "width" | "height">[], reference: number): Transform[] {
  const blobs = new Map<string, Uint8Array>();
  const frames = shots.map((shot, seed) => storeFrame(blobs, takePicture({ ...size, seed, ...shot })));
  const exposures = shots.map(({ exposure }) => exposure);
  const graph = alignGraph({ packageHash, frames, exposures, reference });
  const transforms = runGraph(graph, module, blobs).results.get("transforms");
  assert.ok(transforms !== undefined);
  return readTransforms(transforms);
}

/** Where a camera that moved so has what the reference has at (x, y). */
function truth({ angle = 0, x = 0, y = 0 }: Partial<Shot>, px: number, py: number): { x: number; y: number } {
  const dx = px - (size.width - 1) / 2;
  const dy = py - (size.height - 1) / 2;
  return {
    x: Math.cos(angle) * dx - Math.sin(angle) * dy + (size.width - 1) / 2 + x,
    y: Math.sin(angle) * dx + Math.cos(angle) * dy + (size.height - 1) / 2 + y,
  };
}

/** The largest error at the corners, in pixels. */
function errorOf({ a, b, c, d, e, f }: Transform, shot: Partial<Shot>): number {
  const corners = [0, size.width - 1].flatMap((x) => [0, size.height - 1].map((y) => ({ x, y })));
  return Math.max(
    ...corners.map(({ x, y }) => {
      const expected = truth(shot, x, y);
      return Math.hypot(a * x + b * y + e - expected.x, c * x + d * y + f - expected.y);
    }),
  );
}

test("a hand-held bracket is aligned to a quarter of a pixel, through exposures two stops apart, noise and something that moved", () => {
  const shots = [
    { exposure: 0.25, angle: 0.012, x: 9.3, y: -6.7, noise: 1.5, mover: { u: 0.3, v: 0.4 } },
    { exposure: 1, noise: 1.5, mover: { u: 0.45, v: 0.42 } },
    { exposure: 4, angle: -0.02, x: -14.6, y: 21.2, noise: 1.5, mover: { u: 0.6, v: 0.5 } },
    { exposure: 16, angle: 0.004, x: 3.5, y: 2.5, noise: 1.5 },
  ];
  const transforms = align(shots, 1);
  for (const [index, transform] of transforms.entries()) {
    const error = errorOf(transform, shots[index] ?? {});
    assert.ok(error < 0.25, `frame ${index} is ${error.toFixed(3)} px off`);
    assert.ok(transform.quality > 0.8, `frame ${index} says ${transform.quality}`);
  }
});

test("a set that lies upon itself stays as it is, also when exposures are five stops apart", () => {
  const transforms = align([{ exposure: 16 }, { exposure: 0.5 }, { exposure: 4 }], 1);
  for (const { a, b, c, d, e, f } of transforms) assert.deepEqual([a, b, c, d, e, f], [1, 0, 0, 1, 0, 0]);
});

test("a frame without anything to hold on to stays where it is, and says so", () => {
  const flat = (): number => 0.5;
  const [first, second] = align([{ exposure: 1 }, { exposure: 2, response: flat, noise: 2, x: 12 }], 0);
  assert.equal(first?.quality, 1);
  assert.deepEqual(second, { a: 1, b: 0, c: 0, d: 1, e: 0, f: 0, quality: 0 });
});

test("a transform for a smaller frame maps the same places", () => {
  const transform = { a: 0.99, b: -0.02, c: 0.02, d: 0.99, e: 12.5, f: -3.25, quality: 1 };
  const small = scaledTransform(transform, 4);
  // Pixel x of the smaller frame is the middle of 4 pixels: 4 x + 1.5.
  const [x, y] = [4 * 20 + 1.5, 4 * 30 + 1.5];
  const expected = transform.a * x + transform.b * y + transform.e;
  assert.ok(Math.abs(4 * (small.a * 20 + small.b * 30 + small.e) + 1.5 - expected) < 1e-9);
  const expectedY = transform.c * x + transform.d * y + transform.f;
  assert.ok(Math.abs(4 * (small.c * 20 + small.d * 30 + small.f) + 1.5 - expectedY) < 1e-9);
});
