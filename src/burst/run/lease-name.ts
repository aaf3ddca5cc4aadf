/**
 * A lease's name carries what it is for, so that a late result finds its task without a table of everything that ever was. Nothing in it is believed
 * of a worker that may not have the job.
 */
export interface LeaseName {
  /** Of the leader that granted it. */
  readonly epoch: number;
  readonly number: number;
  readonly job: string;
  readonly task: number;
}

const pattern = /^([0-9a-z]{1,9}):([0-9a-z]{1,9}):([0-9a-z_-]{1,40}):([0-9a-z]{1,5})$/;

export function leaseText({ epoch, number, job, task }: LeaseName): string {
  return `${epoch.toString(36)}:${number.toString(36)}:${job}:${task.toString(36)}`;
}

/** Undefined for a text that is none. */
export function readLease(text: string): LeaseName | undefined {
  const [, epoch, number, job, task] = pattern.exec(text) ?? [];
  if (epoch === undefined || number === undefined || job === undefined || task === undefined)
    return undefined;
  return { epoch: parseInt(epoch, 36), number: parseInt(number, 36), job, task: parseInt(task, 36) };
}
