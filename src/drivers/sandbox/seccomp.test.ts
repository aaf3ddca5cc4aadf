import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { seccompFilter, type FilterArch } from "#drivers/sandbox/seccomp.ts";
import { clone3Syscall, cloneSyscall, deniedSyscalls, ioctlSyscall } from "#drivers/sandbox/syscalls.ts";

const auditArch = { x64: 0xc000_003e, arm64: 0xc000_00b7 };
const allow = 0x7fff_0000;
const kill = 0x8000_0000;
const eperm = 0x0005_0001;
const enosys = 0x0005_0026;

/** Runs the filter as the kernel does (Documentation/networking/filter.rst), on one call. */
function decide(
  filter: Uint8Array,
  call: { arch: number; number: number; args?: readonly number[] },
): number {
  const view = new DataView(filter.buffer);
  const data = new DataView(new ArrayBuffer(64));
  data.setUint32(0, call.number, true);
  data.setUint32(4, call.arch, true);
  for (const [at, value] of (call.args ?? []).entries()) data.setUint32(16 + at * 8, value, true);
  let accumulator = 0;
  for (let at = 0; at < filter.length / 8; at += 1) {
    const code = view.getUint16(at * 8, true);
    const [whenTrue, whenFalse] = [view.getUint8(at * 8 + 2), view.getUint8(at * 8 + 3)];
    const k = view.getUint32(at * 8 + 4, true);
    if (code === 0x20) accumulator = data.getUint32(k, true);
    else if (code === 0x06) return k;
    else {
      const holds =
        code === 0x15 ? accumulator === k : code === 0x35 ? accumulator >= k : (accumulator & k) !== 0;
      at += holds ? whenTrue : whenFalse;
    }
  }
  throw new Error("the filter ended without an answer");
}

describe("the system call filter", () => {
  for (const arch of ["x64", "arm64"] as const satisfies readonly FilterArch[]) {
    const filter = seccompFilter(arch);
    const call = (number: number | undefined, args: readonly number[] = []): number =>
      decide(filter, { arch: auditArch[arch], number: number ?? -1, args });

    it(`refuses what changes the machine, and allows the rest, on ${arch}`, () => {
      const denied = new Set(Object.values(deniedSyscalls).flatMap((numbers) => numbers[arch] ?? []));
      const special = [cloneSyscall[arch], ioctlSyscall[arch]];
      for (let number = 0; number < 470; number += 1) {
        if (special.includes(number)) continue;
        const expected = denied.has(number) ? eperm : number === clone3Syscall[arch] ? enosys : allow;
        assert.equal(call(number), expected, `call ${number}`);
      }
    });

    it(`allows threads and processes, and no new namespaces, on ${arch}`, () => {
      const thread = 0x003d_0f00;
      assert.equal(call(cloneSyscall[arch], [thread]), allow);
      for (const flag of [
        0x0002_0000, 0x0200_0000, 0x0400_0000, 0x0800_0000, 0x1000_0000, 0x2000_0000, 0x4000_0000,
      ])
        assert.equal(call(cloneSyscall[arch], [flag | 17]), eperm, flag.toString(16));
      assert.equal(call(ioctlSyscall[arch], [0, 0x5412]), eperm);
      assert.equal(call(ioctlSyscall[arch], [0, 0x5413]), allow);
    });

    it(`kills a program of another architecture than ${arch}`, () => {
      const other = arch === "x64" ? auditArch.arm64 : auditArch.x64;
      assert.equal(decide(filter, { arch: other, number: 0 }), kill);
      if (arch === "x64") assert.equal(call(0x4000_0000 + 165), enosys, "the x32 door is closed");
    });
  }

  const header = "/usr/include/x86_64-linux-gnu/asm/unistd_64.h";
  it(
    "names the numbers of the kernel's own header",
    { skip: existsSync(header) ? false : "linux-libc-dev" },
    () => {
      const text = readFileSync(header, "utf8");
      const named = { ...deniedSyscalls, clone: cloneSyscall, clone3: clone3Syscall, ioctl: ioctlSyscall };
      for (const [name, { x64 }] of Object.entries(named)) {
        if (x64 === undefined) continue;
        const found = new RegExp(`^#define __NR_${name} (\\d+)$`, "m").exec(text)?.[1];
        if (found !== undefined) assert.equal(x64, Number(found), name);
      }
    },
  );

  const generic = "/usr/include/asm-generic/unistd.h";
  it(
    "names the numbers of the header of arm64",
    { skip: existsSync(generic) ? false : "linux-libc-dev" },
    () => {
      const text = readFileSync(generic, "utf8");
      const named = { ...deniedSyscalls, clone: cloneSyscall, clone3: clone3Syscall, ioctl: ioctlSyscall };
      for (const [name, { arm64 }] of Object.entries(named)) {
        const found = new RegExp(`^#define __NR_${name} (\\d+)$`, "m").exec(text)?.[1];
        if (found !== undefined && arm64 !== undefined) assert.equal(arm64, Number(found), name);
      }
    },
  );
});
