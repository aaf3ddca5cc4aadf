import { Ellipsis } from "lucide-react";
import { useState } from "react";
import type { DriveDetailView } from "#api/objects.ts";
import { setWanted } from "#console/data/store-queries.ts";
import { DrainDrive, GiveUpDrive, RemoveDrive } from "#console/forms/storage/drive-dialogs.tsx";
import { DrillDrive } from "#console/forms/storage/drill-drive.tsx";
import { Button, IconButton } from "#console/kit/button.tsx";
import { tellError } from "#console/kit/failure.tsx";
import { Menu, MenuItem, MenuLine } from "#console/kit/menu.tsx";
import { say } from "#console/kit/toast.tsx";

export interface NamedDrive extends DriveDetailView {
  readonly name: string;
}

type Asked = "drill" | "drain" | "give-up" | "remove";

/** What can be done with a drive of the store. */
export function DriveActions(props: {
  readonly drive: NamedDrive;
  readonly all: readonly DriveDetailView[];
  readonly margin: number | undefined;
}) {
  const { drive, all, margin } = props;
  const { name, wanted } = drive;
  const [asked, setAsked] = useState<Asked>();
  const close = () => setAsked(undefined);
  const about = { drive, all, margin, onClose: close };
  async function use(): Promise<void> {
    try {
      await setWanted(name, "active");
      say(`${name} is taken back into use`);
    } catch (error) {
      say(`${name} was not taken back`, { tone: "bad", description: tellError(error).detail });
    }
  }
  return (
    <div className="mt-auto flex items-center justify-between gap-2 border-t border-line pt-3">
      <Button disabled={drive.drill !== undefined || wanted !== "active"} onClick={() => setAsked("drill")}>
        Fail this drive…
        <span className="sr-only">{name}</span>
      </Button>
      <Menu
        trigger={
          <IconButton label={`More actions for ${name}`}>
            <Ellipsis size={16} aria-hidden="true" />
          </IconButton>
        }
      >
        {wanted !== "active" && <MenuItem onClick={() => void use()}>Take back into use</MenuItem>}
        {wanted === "active" && <MenuItem onClick={() => setAsked("drain")}>Drain…</MenuItem>}
        {wanted !== "failed" && (
          <MenuItem danger onClick={() => setAsked("give-up")}>
            Give up…
          </MenuItem>
        )}
        <MenuLine />
        <MenuItem danger onClick={() => setAsked("remove")}>
          Remove…
        </MenuItem>
      </Menu>
      {asked === "drill" && <DrillDrive {...about} />}
      {asked === "drain" && <DrainDrive {...about} />}
      {asked === "give-up" && <GiveUpDrive {...about} />}
      {asked === "remove" && <RemoveDrive name={name} isInStore onClose={close} />}
    </div>
  );
}

/** For one that the store does not have. */
export function RemoveOnly(props: { readonly name: string }) {
  const [asked, setAsked] = useState(false);
  return (
    <div className="mt-auto flex justify-end border-t border-line pt-3">
      <Button look="quiet" aria-label={`Remove ${props.name}`} onClick={() => setAsked(true)}>
        Remove…
      </Button>
      {asked && <RemoveDrive name={props.name} isInStore={false} onClose={() => setAsked(false)} />}
    </div>
  );
}
