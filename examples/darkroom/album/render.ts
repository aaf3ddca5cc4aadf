// node render.ts OUTFOLDER [SCALE]: writes the sample album.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { webAssembly } from "#burst/kernel/web-assembly.ts";
import { buildKernel } from "../kernels/build-kernel.ts";
import { KernelPool } from "./kernel-pool.ts";
import { renderAlbum } from "./render-album.ts";

const [folder, scale = "1"] = process.argv.slice(2);
if (folder === undefined || !(Number(scale) > 0 && Number(scale) <= 1)) {
  process.stderr.write("render.ts OUTFOLDER [SCALE, 0…1]\n");
  process.exitCode = 2;
} else {
  const [album, jpeg] = await Promise.all([buildKernel("album"), buildKernel("jpeg")]);
  const modules = { album: new webAssembly.Module(album), jpeg: new webAssembly.Module(jpeg) };
  const pool = new KernelPool({ modules }, 2);
  try {
    const files = await renderAlbum(pool, { scale: Number(scale), samples: 4 });
    await mkdir(folder, { recursive: true });
    for (const file of files) await writeFile(join(folder, file.name), file.bytes);
  } finally {
    await pool.close();
  }
}
