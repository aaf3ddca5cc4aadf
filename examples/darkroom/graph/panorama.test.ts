import assert from "node:assert/strict";
import { before, test } from "node:test";
import {
  type KnownView,
  makeTexture,
  rotationOf,
  type SphereTexture,
  storeLevel,
} from "#test/support/panorama-views.ts";
import { type Blobs, putBlob, runGraph } from "#test/support/run-graph.ts";
import type { TaskSpec } from "#burst/graph.ts";
import { callKernel } from "#burst/kernel/call-kernel.ts";
import { addBracketFusion } from "./fusion.ts";
import type { FrameLevel } from "./panorama-frame.ts";
import type { Canvas } from "./panorama-geometry.ts";
import { framesLeftOut, registerPanoramaGraph } from "./panorama-register.ts";
import type { PanoramaSeams } from "./panorama-seams.ts";
import { addPanorama, panoramaCanvas } from "./panorama.ts";
import {
  decibels,
  degrees,
  draw,
  framesOf,
  type Kernels,
  optionsOf,
  packageHash,
  panoramaKernels,
  pictureOf,
  register,
  type Registered,
  reprojectionError,
  resultOf,
  truePanorama,
} from "./panorama-world.ts";
import { encodeTile } from "./tile-format.ts";

const base = { focal: 560, width: 640, height: 480 };
const views: KnownView[] = [
  { ...base, yaw: -50 * degrees, pitch: 2 * degrees, roll: 1.5 * degrees, gain: 1 },
  { ...base, yaw: -25 * degrees, pitch: -3 * degrees, roll: -2 * degrees, gain: 0.7 },
  { ...base, yaw: 0, pitch: 4 * degrees, roll: 0.5 * degrees, gain: 1.2 },
  { ...base, yaw: 25 * degrees, pitch: -1 * degrees, roll: 3 * degrees, gain: 0.9 },
  { ...base, yaw: 50 * degrees, pitch: 0, roll: -1 * degrees, gain: 1.1 },
];
/** The view whose exposure and direction the truth is drawn in. */
const middle = 2;

let kernels: Kernels;
let texture: SphereTexture;
let known: Registered;
before(async () => {
  kernels = await panoramaKernels();
  texture = makeTexture(3519, 0.5);
  const blobs: Blobs = new Map();
  known = register(kernels, blobs, framesOf(blobs, texture, views));
});

test("cameras are found within half a pixel, and gains within two percent", (t) => {
  const error = reprojectionError(known.cameras, views);
  t.diagnostic(
    `reprojection ${error.toFixed(3)} px against the truth, ${known.cameras.errorPixels.toFixed(3)} px between points`,
  );
  assert.ok(error < 0.5, `${error} px`);
  const gains = known.cameras.cameras.map((camera, index) => (camera?.gain ?? 0) * (views[index]?.gain ?? 0));
  const mean = gains.reduce((sum, gain) => sum + gain, 0) / gains.length;
  for (const gain of gains) assert.ok(Math.abs(gain / mean - 1) < 0.02, `gains ${gains.join(" ")}`);
});

test("the horizon of a panorama is level whatever way the camera was held", () => {
  const camera = known.cameras.cameras[middle];
  const truth = rotationOf(views[middle] ?? assert.fail());
  // Down in the camera is the second column of its rotation; both must be the same.
  const down = [1, 4, 7].map((index) => [camera?.rotation[index] ?? 0, truth[index] ?? 0] as const);
  const cosine = down.reduce((sum, [found, known_]) => sum + found * known_, 0);
  const angle = Math.acos(Math.min(1, cosine)) / degrees;
  assert.ok(angle < 1.5, `down is off by ${angle} degrees`);
});

for (const projection of ["cylindrical", "spherical"] as const) {
  test(`a ${projection} panorama is what was photographed, without a visible seam`, (t) => {
    const options = optionsOf(known, projection);
    const picture = draw(kernels, known.blobs, options);
    const canvas = panoramaCanvas(known.cameras, projection, true, 1);
    const truth = truePanorama(known.cameras, views, texture, canvas, middle);
    const quality = decibels(picture.samples, truth);
    t.diagnostic(`${canvas.width}×${canvas.height}: ${quality.toFixed(1)} dB`);
    assert.ok(quality > 42, `${quality} dB`);
    const { across, elsewhere } = errorSteps(picture.samples, truth, canvas, options.seams);
    t.diagnostic(`steps of the error: ${across.toFixed(2)} across seams, ${elsewhere.toFixed(2)} elsewhere`);
    assert.ok(across < 1.5 * elsewhere, `${across} across seams, ${elsewhere} elsewhere`);
  });
}

/** How much the error changes between neighbours of one row, in levels (RMS): a visible seam is a step of the error. */
function errorSteps(
  samples: ArrayLike<number>,
  truth: Uint8Array,
  canvas: Canvas,
  seams: PanoramaSeams,
): { across: number; elsewhere: number } {
  const sums = { across: 0, elsewhere: 0 };
  const counts = { across: 0, elsewhere: 0 };
  const labelAt = (x: number, y: number): number => {
    const column = Math.floor((canvas.u - seams.u + (x + 0.5) / canvas.unit) * seams.unit);
    const row = Math.floor((canvas.v - seams.v + (y + 0.5) / canvas.unit) * seams.unit);
    return (seams.labels[row * seams.width + column] ?? 127) & 127;
  };
  for (let y = 0; y < canvas.height; y++) {
    for (let x = 2; x < canvas.width - 2; x++) {
      const at = (y * canvas.width + x) * 3;
      const step = (samples[at] ?? 0) - (truth[at] ?? 0) - (samples[at - 3] ?? 0) + (truth[at - 3] ?? 0);
      const place = labelAt(x - 2, y) === labelAt(x + 2, y) ? "elsewhere" : "across";
      sums[place] += step * step;
      counts[place]++;
    }
  }
  assert.ok(counts.across > canvas.height, "there are seams");
  return {
    across: Math.sqrt(sums.across / counts.across),
    elsewhere: Math.sqrt(sums.elsewhere / counts.elsewhere),
  };
}

test("a panorama has the same bits for any tiles and any order of its tasks", () => {
  const whole = draw(kernels, known.blobs, optionsOf(known, "cylindrical", { tile: 1024 }));
  const tiled = optionsOf(known, "cylindrical", { tile: 256 });
  const last = draw(kernels, known.blobs, tiled, (ready) => ready.length - 1);
  assert.deepEqual(last, whole);
});

test("the order in which photos are given does not change how they are registered", () => {
  const turned = [3, 0, 4, 2, 1].flatMap((index) => known.frames[index] ?? []);
  const again = register(kernels, known.blobs, turned);
  assert.deepEqual(again.results, known.results);
  assert.deepEqual(again.registration.order, [1, 4, 3, 0, 2]);
});

test("two frames are matched whatever random numbers the search for their homography begins with", () => {
  const { graph } = known.registration;
  const { outputs } = runGraph(graph, kernels, known.blobs);
  const match = graph.tasks.find(({ fn }) => fn === "panoramaMatch") ?? assert.fail();
  const inputs = match.inputs.map((from) =>
    "blob" in from ? assert.fail() : (outputs[from.task]?.[from.output] ?? assert.fail()),
  );
  for (let seed = 1; seed <= 16; seed++) {
    // Neighbouring seeds have much alike in their first numbers.
    const args = [Math.imul(seed, 0x9e3779b1) >>> 1, ...match.args.slice(1)];
    const [found] = callKernel(kernels(match.fn), match.fn, args, inputs);
    const points = Buffer.from(found ?? assert.fail()).readUInt32LE(12);
    assert.ok(points > 50, `${points} points with seed ${args[0]}`);
  }
});

test("a preview shows the same picture as full size", () => {
  const options = optionsOf(known, "cylindrical", { scale: 0.25 });
  const preview = draw(kernels, known.blobs, options);
  const canvas = panoramaCanvas(known.cameras, "cylindrical", true, 0.25);
  const fine = truePanorama(
    known.cameras,
    views,
    texture,
    { ...canvas, unit: canvas.unit * 4, width: canvas.width * 4, height: canvas.height * 4 },
    middle,
  );
  const small = Array.from({ length: canvas.width * canvas.height * 3 }, (_, index) => {
    const x = Math.floor(index / 3) % canvas.width;
    const y = Math.floor(index / 3 / canvas.width);
    let sum = 0;
    for (let dy = 0; dy < 4; dy++) {
      for (let dx = 0; dx < 4; dx++)
        sum += fine[((y * 4 + dy) * canvas.width * 4 + x * 4 + dx) * 3 + (index % 3)] ?? 0;
    }
    return sum / 16;
  });
  assert.equal(preview.samples.length, small.length);
  const quality = decibels(preview.samples, small);
  assert.ok(quality > 30, `${quality} dB`);
});

test("a panorama that is not cropped says where there is anything", () => {
  const picture = draw(kernels, known.blobs, optionsOf(known, "cylindrical", { crop: false, scale: 0.5 }));
  const { bounds } = known.cameras.layouts.cylindrical ?? assert.fail("it fits onto a cylinder");
  assert.equal(picture.channels, 4);
  assert.equal(picture.width, Math.floor((bounds.u1 - bounds.u0) * known.cameras.focal * 0.5));
  const alphas = picture.samples.filter((_, index) => index % 4 === 3);
  assert.deepEqual(new Set(alphas), new Set([0, 255]));
  assert.equal(alphas[0], 0);
});

test("a photo of something else is left out with a reason", () => {
  const strange = makeTexture(3519, 0.3, 9);
  const blobs: Blobs = new Map();
  const frames = framesOf(blobs, texture, views.slice(1, 4));
  const [other] = framesOf(blobs, strange, views.slice(0, 1));
  const all = register(kernels, blobs, [...frames, { ...(other ?? assert.fail()), key: "a stranger" }]);
  const left = framesLeftOut(all.registration, all.cameras);
  assert.deepEqual(
    left.map(({ frame }) => frame),
    [3],
  );
  assert.match(left[0]?.reason ?? "", /too little in common with the 3 photos/);
});

test("an HDR panorama is fused and stitched in one job, with the bits of two", () => {
  const { blobs } = known;
  const darker = framesOf(
    blobs,
    texture,
    views.map((view) => ({ ...view, gain: view.gain * 0.4 })),
  );
  const fusion = {
    packageHash,
    weights: { contrast: 1, saturation: 1, exposure: 1 },
    output: "u8",
    tile: 256,
  } as const;
  const tasks: TaskSpec[] = [];
  const frames = known.registration.order.map((index): FrameLevel[] => {
    const full = known.frames[index]?.full ?? assert.fail();
    const dark = darker[index]?.full ?? assert.fail();
    const bracket = [full, dark].map(({ width, height, tiles }) => ({
      width,
      height,
      tiles: tiles.flatMap((tile) => ("blob" in tile ? [tile] : [])),
    }));
    const tiles = addBracketFusion(tasks, { ...fusion, frames: bracket });
    return [{ ...full, tiles: tiles.map(({ from }) => from) }];
  });
  const options = optionsOf(known, "cylindrical", { frames });
  const { tiles, width, height } = addPanorama(tasks, options);
  const results = tiles.map(({ x, y, from }) => ({ name: `${x},${y}`, from }));
  const graph = { package: packageHash, tasks, results };
  const { results: drawn, outputs } = runGraph(graph, kernels, blobs);
  const stored = frames.map(([level]) => [
    {
      ...(level ?? assert.fail()),
      tiles: (level ?? assert.fail()).tiles.map((tile) =>
        "blob" in tile ? tile : putBlob(blobs, outputs[tile.task]?.[tile.output] ?? assert.fail()),
      ),
    },
  ]);
  const apart = draw(kernels, blobs, { ...options, frames: stored });
  assert.deepEqual(pictureOf({ graph, width, height }, drawn), apart);
});

test("a panorama of radiance keeps light that no screen can show", () => {
  const blobs: Blobs = new Map();
  const bright = known.registration.order.map((index): FrameLevel[] => {
    const { full } = known.frames[index] ?? assert.fail();
    const plain = storeLevel(blobs, new Uint8Array(full.width * full.height * 3), full.width, full.height);
    const tiles = plain.tiles.map((_, tile) => {
      const width = Math.min(256, full.width - (tile % 3) * 256);
      const height = Math.min(256, full.height - Math.floor(tile / 3) * 256);
      const gain = views[index]?.gain ?? 1;
      return putBlob(
        blobs,
        encodeTile({
          width,
          height,
          channels: 3,
          samples: new Float32Array(width * height * 3).fill(40 * gain),
        }),
      );
    });
    return [{ ...plain, tiles }];
  });
  const options = optionsOf({ ...known, blobs }, "cylindrical", {
    frames: bright,
    samples: "f32",
    scale: 0.5,
  });
  const picture = draw(kernels, blobs, options);
  const mean = Array.from(picture.samples).reduce((sum, sample) => sum + sample, 0) / picture.samples.length;
  for (const sample of picture.samples) assert.ok(Math.abs(sample / mean - 1) < 0.03, `${sample} of ${mean}`);
  assert.ok(mean > 30);
});

test("a panorama without frames, or with more than the adjustment takes, is refused with words", () => {
  assert.throws(() => registerPanoramaGraph(packageHash, []), /1 to 90 frames, not 0/);
  const one = known.frames[0] ?? assert.fail();
  assert.throws(
    () =>
      registerPanoramaGraph(
        packageHash,
        Array.from({ length: 91 }, () => one),
      ),
    /not 91/,
  );
});

test("one photo alone is a panorama of itself", () => {
  const one = known.frames[middle] ?? assert.fail();
  const alone = register(kernels, known.blobs, [one]);
  const picture = draw(kernels, known.blobs, optionsOf(alone, "rectilinear", { crop: false }));
  assert.equal(resultOf(alone.results, "cameras").length > 0, true);
  assert.ok(
    Math.abs(picture.width - 640) < 3 && Math.abs(picture.height - 480) < 3,
    `${picture.width}×${picture.height}`,
  );
});
