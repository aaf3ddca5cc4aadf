import { crc32 } from "node:zlib";
import { CrcKernel, crcKinds } from "./crc-kernel.ts";

export type CrcAlgorithm = keyof typeof crcKinds;

export function isCrc(algorithm: string): algorithm is CrcAlgorithm {
  return Object.hasOwn(crcKinds, algorithm);
}

/** The CRC of what `crc` covers followed by `bytes`; that of nothing is 0. */
export function updateCrc(algorithm: CrcAlgorithm, crc: bigint, bytes: Uint8Array): bigint {
  // zlib's uses the processor's carry-less multiplication.
  return algorithm === "CRC32" ? BigInt(crc32(bytes, Number(crc))) : kernel(algorithm).update(crc, bytes);
}

/** The CRC of bytes whose beginning has `first`, and whose last `secondBytes` bytes have `second`. */
export function combineCrcs(
  algorithm: CrcAlgorithm,
  first: bigint,
  second: bigint,
  secondBytes: number,
): bigint {
  return kernel(algorithm).combine(first, second, secondBytes);
}

const kernels = new Map<CrcAlgorithm, CrcKernel>();

function kernel(algorithm: CrcAlgorithm): CrcKernel {
  const made = kernels.get(algorithm) ?? new CrcKernel(crcKinds[algorithm]);
  kernels.set(algorithm, made);
  return made;
}

/** Big-endian, as on the wire before base64. */
export function crcBytes(algorithm: CrcAlgorithm, crc: bigint): Buffer {
  const all = Buffer.alloc(8);
  all.writeBigUInt64BE(crc);
  return all.subarray(8 - crcKinds[algorithm].bytes);
}

export function crcFromBytes(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
}
