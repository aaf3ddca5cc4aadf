import { assert } from "#lib/assert.ts";
import { clone3Syscall, cloneSyscall, deniedSyscalls, ioctlSyscall } from "#drivers/sandbox/syscalls.ts";

/**
 * The system call filter of instances as a program of classic BPF (seccomp(2)), 8 bytes an instruction, little-endian. A list of
 * what is denied, not of what is allowed: programs of any kind run here, and the list closes what no application needs.
 */
export type FilterArch = "x64" | "arm64";

/** AUDIT_ARCH_X86_64 and AUDIT_ARCH_AARCH64 of linux/audit.h. */
const auditArch = { x64: 0xc000_003e, arm64: 0xc000_00b7 } as const;
/** Calls of the x32 ABI carry this bit and would pass by every number below. */
const x32Bit = 0x4000_0000;
/** CLONE_NEWTIME, NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET. */
const namespaceFlags = 0x7e02_0080;
/** Types into a terminal as if its user did: TIOCSTI and TIOCLINUX. */
const terminalTricks = [0x5412, 0x541c];

const answers = {
  allow: 0x7fff_0000,
  kill: 0x8000_0000,
  eperm: 0x0005_0000 | 1,
  enosys: 0x0005_0000 | 38,
} as const;
type Answer = keyof typeof answers;

/** Offsets in struct seccomp_data; arguments are 64 bits, of which flags and requests use the lower half. */
const offsets = { number: 0, arch: 4, firstArgument: 16, secondArgument: 24 } as const;
/** BPF_LD|BPF_W|BPF_ABS, BPF_JMP with JEQ, JGE and JSET, BPF_RET|BPF_K. */
const codes = { load: 0x20, equal: 0x15, atLeast: 0x35, anyBit: 0x45, answer: 0x06 } as const;

interface Step {
  readonly code: number;
  readonly k: number;
  /** Where to go when the test holds; the next step otherwise. */
  readonly whenTrue?: string;
  readonly label?: string;
}

export function seccompFilter(arch: FilterArch): Uint8Array {
  const ret = (answer: Answer): Step => ({ code: codes.answer, k: answers[answer], label: answer });
  const load = (offset: number, label?: string): Step => ({
    code: codes.load,
    k: offset,
    ...(label === undefined ? {} : { label }),
  });
  const equal = (k: number | undefined, whenTrue: string): Step[] =>
    k === undefined ? [] : [{ code: codes.equal, k, whenTrue }];
  return assemble([
    load(offsets.arch),
    { code: codes.equal, k: auditArch[arch], whenTrue: "known" },
    { code: codes.answer, k: answers.kill },
    load(offsets.number, "known"),
    ...(arch === "x64" ? [{ code: codes.atLeast, k: x32Bit, whenTrue: "enosys" }] : []),
    ...equal(cloneSyscall[arch], "clone"),
    ...equal(ioctlSyscall[arch], "ioctl"),
    ...equal(clone3Syscall[arch], "enosys"),
    ...Object.values(deniedSyscalls).flatMap((numbers) => equal(numbers[arch], "eperm")),
    ret("allow"),
    load(offsets.firstArgument, "clone"),
    { code: codes.anyBit, k: namespaceFlags, whenTrue: "eperm" },
    { code: codes.answer, k: answers.allow },
    load(offsets.secondArgument, "ioctl"),
    ...terminalTricks.flatMap((request) => equal(request, "eperm")),
    { code: codes.answer, k: answers.allow },
    ret("eperm"),
    ret("enosys"),
  ]);
}

function assemble(steps: readonly Step[]): Uint8Array {
  const places = new Map(steps.flatMap(({ label }, at) => (label === undefined ? [] : [[label, at]])));
  const bytes = new DataView(new ArrayBuffer(steps.length * 8));
  for (const [at, { code, k, whenTrue }] of steps.entries()) {
    const target = whenTrue === undefined ? at + 1 : places.get(whenTrue);
    assert(target !== undefined, `the filter has a step ${whenTrue}`);
    const distance = target - at - 1;
    assert(distance >= 0 && distance <= 255, "a jump of BPF goes forward, by a byte");
    bytes.setUint16(at * 8, code, true);
    bytes.setUint8(at * 8 + 2, distance);
    bytes.setUint8(at * 8 + 3, 0);
    bytes.setUint32(at * 8 + 4, k, true);
  }
  return new Uint8Array(bytes.buffer);
}
