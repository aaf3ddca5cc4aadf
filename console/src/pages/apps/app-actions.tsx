import {
  ArrowUpCircle,
  EllipsisVertical,
  Layers,
  Pause,
  Play,
  Power,
  RotateCcw,
  Settings,
  Trash2,
} from "lucide-react";
import { useState } from "react";
import { useNavigate } from "react-router";
import type { JsonObject } from "#lib/json.ts";
import { api } from "#console/data/api.ts";
import { patchApp } from "#console/data/edit-app.ts";
import type { Package } from "#console/data/app-queries.ts";
import { RemoveApp } from "#console/forms/app/remove-app.tsx";
import { ScaleApp } from "#console/forms/app/scale-app.tsx";
import { UpgradeApp } from "#console/forms/app/upgrade-app.tsx";
import { Button, IconButton } from "#console/kit/button.tsx";
import { tellError } from "#console/kit/failure.tsx";
import { Menu, MenuItem, MenuLine } from "#console/kit/menu.tsx";
import { say } from "#console/kit/toast.tsx";
import type { ShownApp } from "#console/pages/apps/shown-app.ts";

type Dialog = "none" | "upgrade" | "scale" | "remove";

/** Everything that can be done to an app. What needs a thought opens a dialog; the rest can be taken back. */
export function AppActions(props: { readonly shown: ShownApp; readonly packages: readonly Package[] }) {
  const { app, of, project } = props.shown;
  const navigate = useNavigate();
  const [dialog, setDialog] = useState<Dialog>("none");
  const [busy, setBusy] = useState(false);
  const close = () => setDialog("none");
  const { stopped, paused } = app.spec;
  const icon = { size: 15, "aria-hidden": true } as const;

  async function act(done: string, work: () => Promise<unknown>): Promise<void> {
    setBusy(true);
    try {
      await work();
      say(done);
    } catch (error) {
      say("It was not done", { tone: "bad", description: tellError(error).detail });
    } finally {
      setBusy(false);
    }
  }
  const patch = (done: string, spec: JsonObject) => void act(done, () => patchApp(app, spec));
  const restart = () =>
    void act(`${app.name} is being restarted, one instance after the other`, () =>
      api.call(api.routes["app.restart"], { params: { project, name: app.name }, body: {} }),
    );

  return (
    <>
      <Button disabled={of === undefined} onClick={() => setDialog("scale")}>
        <Layers {...icon} />
        Scale
      </Button>
      <Button onClick={() => setDialog("upgrade")}>
        <ArrowUpCircle {...icon} />
        Upgrade
      </Button>
      <Menu
        trigger={
          <IconButton label="More actions" disabled={busy}>
            <EllipsisVertical size={16} aria-hidden="true" />
          </IconButton>
        }
      >
        <MenuItem icon={<RotateCcw {...icon} />} disabled={stopped} onClick={restart}>
          Restart
        </MenuItem>
        <MenuItem
          icon={paused ? <Play {...icon} /> : <Pause {...icon} />}
          onClick={() => patch(paused ? `${app.name} goes on` : `${app.name} is paused`, { paused: !paused })}
        >
          {paused ? "Resume rollouts" : "Pause rollouts"}
        </MenuItem>
        <MenuItem
          icon={<Power {...icon} />}
          onClick={() =>
            patch(stopped ? `${app.name} is being started` : `${app.name} is being stopped`, {
              stopped: !stopped,
            })
          }
        >
          {stopped ? "Start" : "Stop"}
        </MenuItem>
        <MenuItem
          icon={<Settings {...icon} />}
          onClick={() => void navigate(`/apps/${project}/${app.name}/settings`)}
        >
          Change settings
        </MenuItem>
        <MenuLine />
        <MenuItem danger icon={<Trash2 {...icon} />} onClick={() => setDialog("remove")}>
          Remove app…
        </MenuItem>
      </Menu>
      {dialog === "scale" && of !== undefined && <ScaleApp app={app} of={of} onClose={close} />}
      {dialog === "upgrade" && <UpgradeApp app={app} of={of} packages={props.packages} onClose={close} />}
      {dialog === "remove" && <RemoveApp app={app} onClose={close} />}
    </>
  );
}
