import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface TaskFiles {
  readonly fn: string;
  readonly args: readonly number[];
  readonly inputs: readonly Uint8Array[];
  /** How many are expected. */
  readonly outputs: number;
  readonly code: Uint8Array;
}

/** The files of one task, in a folder that only we may enter; the sandbox binds the one inside it, whose files every account may read. */
export class TaskFolder implements AsyncDisposable {
  readonly #parent: string;

  private constructor(parent: string) {
    this.#parent = parent;
  }

  static async make({ fn, args, inputs, outputs, code }: TaskFiles): Promise<TaskFolder> {
    const folder = new TaskFolder(await mkdtemp(join(tmpdir(), "vdc-task-")));
    const place = folder.path;
    await mkdir(join(place, "inputs"), { recursive: true });
    const call = JSON.stringify({ fn, args, inputs: inputs.length, outputs });
    await writeFile(join(place, "call.json"), call, { mode: 0o444 });
    await writeFile(join(place, "code"), code, { mode: 0o555 });
    for (const [index, input] of inputs.entries())
      await writeFile(join(place, "inputs", String(index)), input, { mode: 0o444 });
    // Whatever our mask is: the task's account is another one.
    for (const path of [place, join(place, "inputs")]) await chmod(path, 0o755);
    return folder;
  }

  get path(): string {
    return join(this.#parent, "task");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#parent, { recursive: true, force: true });
  }
}
