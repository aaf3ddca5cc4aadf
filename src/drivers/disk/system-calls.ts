import fs from "node:fs";

/** The asynchronous calls of `node:fs` on bare descriptors, as promises: no FileHandle, no options to parse for each of them. */

export function openDescriptor(path: string, flags: number, mode: number): Promise<number> {
  return new Promise((resolve, reject) => fs.open(path, flags, mode, settle(resolve, reject)));
}

export function closeDescriptor(descriptor: number): Promise<void> {
  return new Promise((resolve, reject) => fs.close(descriptor, settleVoid(resolve, reject)));
}

export function writeOnce(descriptor: number, bytes: Uint8Array, from: number, at: number): Promise<number> {
  return new Promise((resolve, reject) =>
    fs.write(descriptor, bytes, from, bytes.byteLength - from, at, settle(resolve, reject)),
  );
}

export function readOnce(descriptor: number, into: Uint8Array, from: number, at: number): Promise<number> {
  return new Promise((resolve, reject) =>
    fs.read(descriptor, into, from, into.byteLength - from, at, settle(resolve, reject)),
  );
}

/** fdatasync(2): data and what is needed to read it again, the length too; not the times. */
export function syncData(descriptor: number): Promise<void> {
  return new Promise((resolve, reject) => fs.fdatasync(descriptor, settleVoid(resolve, reject)));
}

/** fsync(2). */
export function syncAll(descriptor: number): Promise<void> {
  return new Promise((resolve, reject) => fs.fsync(descriptor, settleVoid(resolve, reject)));
}

export function truncateTo(descriptor: number, size: number): Promise<void> {
  return new Promise((resolve, reject) => fs.ftruncate(descriptor, size, settleVoid(resolve, reject)));
}

export function statDescriptor(descriptor: number): Promise<fs.Stats> {
  return new Promise((resolve, reject) => fs.fstat(descriptor, settle(resolve, reject)));
}

type Reject = (error: NodeJS.ErrnoException) => void;

function settle<T>(resolve: (value: T) => void, reject: Reject) {
  return (error: NodeJS.ErrnoException | null, value: T) => (error === null ? resolve(value) : reject(error));
}

function settleVoid(resolve: () => void, reject: Reject) {
  return (error: NodeJS.ErrnoException | null | undefined) =>
    error === null || error === undefined ? resolve() : reject(error);
}
