/** ITU-R BT.709's transfer with the constants of BT.2020-2, where its two parts meet exactly; LibRaw's default. */
const video = { power: 0.45, slope: 4.5, offset: 0.099_296_826_809_44, knee: 0.018_053_968_510_807 };

const codes = 2 ** 16;
let table: Uint16Array | undefined;

/** Changes samples of 16 bits from BT.709's transfer, which libraw-wasm always develops with, to that of sRGB (IEC 61966-2-1), in place. */
export function videoToSrgb(samples: Uint16Array): void {
  const srgbOf = (table ??= Uint16Array.from({ length: codes }, (_, code) => srgbOfVideo(code)));
  for (let at = 0; at < samples.length; at += 1) {
    const code = samples[at] ?? 0;
    samples[at] = srgbOf[code] ?? code;
  }
}

function srgbOfVideo(code: number): number {
  if (code === 0) return 0;
  // LibRaw cuts off what is behind the point, of 65,536ths.
  const value = (code + 0.5) / codes;
  const { power, slope, offset, knee } = video;
  const light = value < slope * knee ? value / slope : ((value + offset) / (1 + offset)) ** (1 / power);
  const encoded = light <= 0.003_130_8 ? light * 12.92 : 1.055 * light ** (1 / 2.4) - 0.055;
  return Math.min(codes - 1, Math.round(encoded * (codes - 1)));
}
