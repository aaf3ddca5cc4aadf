import type { Me } from "#api/accounts.ts";
import type { App } from "#console/data/app-queries.ts";
import type { Machine, Project } from "#console/data/queries.ts";
import { may } from "#console/data/permissions.ts";
import { placesFor } from "#console/shell/navigation.ts";

/** What the palette can do. `run` happens after it closed. */
export interface Command {
  readonly id: string;
  readonly group: "Pages" | "Actions" | "Apps" | "Projects" | "Machines";
  readonly label: string;
  readonly detail?: string;
  readonly run: () => void;
}

export interface CommandActions {
  readonly go: (to: string) => void;
  readonly createProject: () => void;
  readonly toggleTheme: () => void;
  readonly showOperations: () => void;
  readonly showShortcuts: () => void;
  readonly signOut: () => void;
}

/** Everything that can be found, for this caller. */
export function paletteCommands(
  me: Me,
  held: {
    readonly apps: readonly App[];
    readonly projects: readonly Project[];
    readonly machines: readonly Machine[];
  },
  actions: CommandActions,
): readonly Command[] {
  const action = (id: string, label: string, run: () => void): Command => ({
    id,
    group: "Actions",
    label,
    run,
  });
  return [
    ...placesFor(me).map((place): Command => ({
      id: place.to,
      group: "Pages",
      label: place.label,
      run: () => actions.go(place.to),
    })),
    { id: "/account", group: "Pages", label: "Account", run: () => actions.go("/account") },
    {
      id: "/apps/catalogue",
      group: "Pages",
      label: "Catalogue",
      detail: "Packages",
      run: () => actions.go("/apps/catalogue"),
    },
    ...(held.projects.some(({ name }) => may(me, "app.change", name))
      ? [action("install-app", "Install app", () => actions.go("/apps/install"))]
      : []),
    ...(may(me, "project.create") ? [action("create-project", "Create project", actions.createProject)] : []),
    action("operations", "Show operations", actions.showOperations),
    action("theme", "Toggle theme", actions.toggleTheme),
    action("shortcuts", "Keyboard shortcuts", actions.showShortcuts),
    action("sign-out", "Sign out", actions.signOut),
    ...held.apps.map((app): Command => ({
      id: `app/${app.project ?? ""}/${app.name}`,
      group: "Apps",
      label: app.name,
      detail: app.spec.title === "" ? (app.project ?? "") : app.spec.title,
      run: () => actions.go(`/apps/${app.project ?? ""}/${app.name}`),
    })),
    ...held.projects.map((project): Command => ({
      id: `project/${project.name}`,
      group: "Projects",
      label: project.name,
      ...(project.spec.title === "" ? {} : { detail: project.spec.title }),
      run: () => actions.go(`/projects/${project.name}`),
    })),
    ...held.machines.map((machine): Command => ({
      id: `machine/${machine.name}`,
      group: "Machines",
      label: machine.name,
      ...(machine.spec.title === "" ? {} : { detail: machine.spec.title }),
      run: () => actions.go(`/machines/${machine.name}`),
    })),
  ];
}
