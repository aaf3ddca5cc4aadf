/** Where copies of volumes are kept; `src/main` puts a driver behind it. Names are of our own making. */
export interface BackupFiles {
  /** Writes a copy: all of it is there, or none. Says how large it is. `unavailable` when the machine cannot do it. */
  create(copy: BackupCopy, signal: AbortSignal): Promise<number>;
  /** Whole copies of an app, newest first. */
  list(place: { readonly project: string; readonly app: string }): Promise<readonly KeptBackup[]>;
  /** Puts the contents of each folder back; what was in it is gone then. `not-found`. */
  restore(
    copy: Pick<BackupCopy, "project" | "app" | "id"> & { readonly volumes: BackupCopy["volumes"] },
    signal: AbortSignal,
  ): Promise<void>;
}

export interface BackupCopy {
  readonly project: string;
  readonly app: string;
  readonly id: string;
  /** ISO 8601. */
  readonly at: string;
  readonly release: number;
  readonly volumes: readonly { readonly name: string; readonly directory: string }[];
}

export interface KeptBackup {
  readonly id: string;
  readonly at: string;
  readonly sizeBytes: number;
  readonly release: number;
  /** Names of the volumes in it. */
  readonly volumes: readonly string[];
}

/** Ids sort by time. Others are no backup's: they come from outside, and become part of a path. */
export const backupId = /^\d{8}t\d{6}z-[a-z0-9]{4}$/;
